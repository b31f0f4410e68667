#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entry/entry_format.hpp"

using namespace spoold;

namespace {

EntryDigest digest_of(std::string_view text) {
  const auto entry = parse_entry(text);
  INFO(text);
  REQUIRE(entry.has_value());
  return digest(*entry);
}

// Kind, length in eight bytes, little end first, bytes: as it stands in ledgers.
std::string field_bytes(char kind, const std::string& bytes) {
  std::string all{kind};
  for (unsigned shift = 0; shift < 64; shift += 8) all += static_cast<char>(bytes.size() >> shift & 0xFFU);
  return all + bytes;
}

EntryDigest sha256(const std::string& bytes) {
  EntryDigest result{};
  REQUIRE(EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return result;
}

}  // namespace

TEST_CASE("a digest does not see white space, order, priority, metadata, times and what we keep") {
  const auto plain = digest_of(R"({"operation":"o","sql":"S","params":{"a":1,"b":[{"c":2,"d":3}]}})");
  CHECK(plain == digest_of(R"( { "params" : {"b":[{"d":3,"c":2}], "a":1}, "sql":"S", "operation":"o" } )"));
  CHECK(plain ==
        digest_of(R"({"operation":"o","sql":"\u0053","params":{"a":1,"b":[{"c":2,"d":3}]},"priority":1,
    "metadata":{"x":1},"key":"k","not_before":"2026-01-02T04:42:43Z","expires_at":"2027-01-02T04:42:43Z",
    "created_at":"x","seq":"1","retries":3,"last_error":"e","attempts":[1],"result":{},"unknown":true})"));
}

TEST_CASE("entries that ask for different things have different digests") {
  const std::vector<std::string> texts{R"({"operation":"o"})",
                                       R"({"operation":"p"})",
                                       R"({"operation":"o","sql":""})",
                                       R"({"operation":"o","sql":"1"})",
                                       R"({"operation":"o","params":["1"]})",
                                       R"({"operation":"o","params":[1]})",
                                       R"({"operation":"o","params":[1.0]})",
                                       R"({"operation":"o","params":[1,2]})",
                                       R"({"operation":"o","params":[2,1]})",
                                       R"({"operation":"o","params":[]})",
                                       R"({"operation":"o","params":{}})",
                                       R"({"operation":"o","body":[]})",
                                       R"({"operation":"o","args":[]})",
                                       R"({"operation":"o","stdin":[]})",
                                       R"({"operation":"o","body":"[]"})",
                                       R"({"operation":"o","body":""})",
                                       R"({"operation":"o","body":"\"\""})",
                                       R"({"operation":"o","body":1})",
                                       R"({"operation":"o","body":true})",
                                       R"({"operation":"o","body":"1"})",
                                       R"({"operation":"o","stdin":"1"})",
                                       R"({"operation":"os","sql":"ql"})",
                                       R"({"operation":"osq","sql":"l"})"};
  std::set<EntryDigest> digests;
  for (const std::string& text : texts) digests.insert(digest_of(text));
  CHECK(digests.size() == texts.size());
}

TEST_CASE("a null field digests as an absent one") {
  CHECK(digest_of(R"({"operation":"o","sql":null,"body":null})") == digest_of(R"({"operation":"o"})"));
}

TEST_CASE("the digest's form is the one that ledgers hold") {
  const std::string absent = field_bytes(0, "");
  CHECK(digest_of(R"({"sql":"SELECT 1","operation":"o"})") ==
        sha256(field_bytes(1, "o") + field_bytes(1, "SELECT 1") + absent + absent + absent + absent));
  CHECK(digest_of(R"({"operation":"o","params":{"b":[1,"x"],"a":null},"stdin":"in"})") ==
        sha256(field_bytes(1, "o") + absent + field_bytes(2, R"({"a":null,"b":[1,"x"]})") + absent + absent +
               field_bytes(1, "in")));
}

TEST_CASE("threads digest without disturbing each other") {
  const auto entry = parse_entry(R"({"operation":"o","sql":"SELECT 1","params":[1,2,3]})");
  REQUIRE(entry.has_value());
  const EntryDigest expected = digest(*entry);
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&count, &entry, &expected] {
      for (int i = 0; i < 1000; ++i) count += digest(*entry) == expected ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}
