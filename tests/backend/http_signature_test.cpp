#include "backend/http_signature.hpp"

#include <catch2/catch.hpp>

#include "backend/http_base64.hpp"
#include "support/print_result.hpp"

using namespace spoold;

namespace {

const WallTime when{std::chrono::seconds{1'614'265'330}};

std::string key(const std::string& secret) {
  const auto made = webhook_key(secret);
  REQUIRE(made);
  return *made;
}

}  // namespace

TEST_CASE("a signature is the one that the Standard Webhooks libraries expect") {
  const std::vector<std::string> keys{key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")};
  CHECK(webhook_signature(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", when, R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK(webhook_timestamp(when) == "1614265330");
}

TEST_CASE("while keys change, each signs") {
  const std::string one = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const std::string other = key("sixteen bytes and more");
  const std::string first = webhook_signature({one}, "a", when, "b");
  const std::string second = webhook_signature({other}, "a", when, "b");
  CHECK(first != second);
  CHECK(webhook_signature({one, other}, "a", when, "b") == first + " " + second);
}

TEST_CASE("a secret is base64 after whsec_, else itself, and not short") {
  CHECK(key("whsec_AAECAwQFBgcICQoLDA0ODw==") == std::string("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16));
  CHECK(key("plain secret of some length") == "plain secret of some length");
  CHECK_FALSE(webhook_key("whsec_***"));
  CHECK_FALSE(webhook_key("whsec_AAEC"));
  CHECK_FALSE(webhook_key("short"));
}

TEST_CASE("base64 is that of RFC 4648") {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                                                    {"f", "Zg=="},
                                                                                    {"fo", "Zm8="},
                                                                                    {"foo", "Zm9v"},
                                                                                    {"foob", "Zm9vYg=="},
                                                                                    {"\xFF\xFE", "//4="}}) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
  CHECK(from_base64("Zg") == "f");
  CHECK_FALSE(from_base64("Z"));
  CHECK_FALSE(from_base64("Zg=x"));
  CHECK_FALSE(from_base64("Z g="));
}
