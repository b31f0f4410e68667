#include "backend/http_address_policy.hpp"

#include <catch2/catch.hpp>

#include "support/print_result.hpp"

using namespace spoold;

namespace {

HttpAddressPolicy policy(const std::vector<std::string>& hosts) {
  auto made = HttpAddressPolicy::parse(hosts);
  REQUIRE(made);
  return *made;
}

bool takes_address(const HttpAddressPolicy& policy, const std::string& address) {
  return !policy.refuse_address(boost::asio::ip::make_address(address));
}

}  // namespace

TEST_CASE("without a list every host and address may be called") {
  CHECK_FALSE(policy({}).refuse_host("localhost"));
  CHECK(takes_address(policy({}), "127.0.0.1"));
}

TEST_CASE("a name is allowed as itself, a star for all below it") {
  const auto some = policy({"api.example.com", "*.Hooks.example"});
  CHECK_FALSE(some.refuse_host("api.example.com"));
  CHECK_FALSE(some.refuse_host("a.b.hooks.example"));
  CHECK(some.refuse_host("hooks.example"));
  CHECK(some.refuse_host("evilhooks.example"));
  CHECK(some.refuse_host("api.example.com.evil.example"));
  CHECK(some.refuse_host("8.8.8.8") == "the address 8.8.8.8 is not in allow_hosts");
}

TEST_CASE("a name that leads to an address which is not public is refused by the address") {
  const auto any = policy({"*"});
  for (const char* address : {"127.0.0.1",
                              "127.8.9.10",
                              "0.0.0.0",
                              "10.1.2.3",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "192.0.2.7",
                              "198.18.0.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::",
                              "2001::1",
                              "fd00::1",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "2001:db8::1"}) {
    CAPTURE(address);
    CHECK_FALSE(takes_address(any, address));
  }
}

TEST_CASE("public addresses are taken") {
  const auto any = policy({"*"});
  for (const char* address :
       {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700::1"}) {
    CAPTURE(address);
    CHECK(takes_address(any, address));
  }
}

TEST_CASE("a private address is taken where it or its network is listed, in either spelling") {
  const auto some = policy({"10.0.0.0/8", "127.0.0.2", "fd00::/8"});
  CHECK(takes_address(some, "10.255.0.1"));
  CHECK(takes_address(some, "::ffff:10.0.0.1"));
  CHECK(takes_address(some, "127.0.0.2"));
  CHECK(takes_address(some, "fd12::1"));
  CHECK_FALSE(takes_address(some, "127.0.0.1"));
  CHECK(takes_address(some, "11.0.0.1"));
  CHECK_FALSE(some.refuse_host("10.1.1.1"));
  CHECK(some.refuse_host("127.0.0.1"));
}

TEST_CASE("a network whose prefix ends within a byte holds what it should") {
  const auto some = policy({"10.0.0.0/9"});
  CHECK(takes_address(some, "10.127.255.255"));
  CHECK_FALSE(takes_address(some, "10.128.0.0"));
}

TEST_CASE("what is neither name nor address nor network is refused") {
  for (const char* text : {"http://a.example", "a.example:80", "10.0.0.0/33", "::/129", "10.0.0.0/", "a/8",
                           "", "*.", "**", "a.*.example", "fe80::1%lo"}) {
    CAPTURE(text);
    CHECK_FALSE(HttpAddressPolicy::parse({text}));
  }
}
