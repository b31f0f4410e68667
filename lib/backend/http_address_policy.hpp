#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace spoold {

// Which hosts may be called. Judged twice: the name before it is looked up, and each address that is about to
// be connected to. The second is what counts: the connection goes to the very address that was judged, so a
// name that changes its address between two look-ups (DNS rebinding) gains nothing.
class HttpAddressPolicy {
 public:
  // Without entries everything is allowed. Wrong entries: kind invalid.
  [[nodiscard]] static Result<HttpAddressPolicy> parse(const std::vector<std::string>& allow_hosts);

  // Why not; nothing if it may be called. `host` as in HttpUrl.
  [[nodiscard]] std::optional<std::string> refuse_host(const std::string& host) const;
  // An address that is not on the public Internet must be listed itself, or a network it lies in.
  [[nodiscard]] std::optional<std::string> refuse_address(const boost::asio::ip::address& address) const;

 private:
  // IPv4 as IPv6 (::ffff:a.b.c.d), so that both spellings of an address are one.
  using Bytes = std::array<std::uint8_t, 16>;
  struct Network {
    Bytes bytes{};
    unsigned prefix = 128;
  };
  [[nodiscard]] static Bytes bytes_of(const boost::asio::ip::address& address);
  [[nodiscard]] static bool contains(const Network& network, const Bytes& address);
  [[nodiscard]] static std::optional<Network> parse_network(const std::string& text);
  [[nodiscard]] static bool is_public(const Bytes& address);
  [[nodiscard]] bool is_listed(const Bytes& address) const;

  bool limited_ = false;
  bool any_name_ = false;
  std::vector<std::string> names_;
  std::vector<std::string> suffixes_;  // ".example.com"
  std::vector<Network> networks_;
};

}  // namespace spoold
