#include "backend/http_address_policy.hpp"

#include <algorithm>
#include <charconv>

#include "entry/utf8.hpp"

namespace spoold {

namespace ip = boost::asio::ip;

namespace {

constexpr unsigned v4_prefix = 96;

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == std::string_view::npos;
}

}  // namespace

HttpAddressPolicy::Bytes HttpAddressPolicy::bytes_of(const ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xFF;
  const auto v4 = address.to_v4().to_bytes();
  std::copy(v4.begin(), v4.end(), bytes.begin() + 12);
  return bytes;
}

bool HttpAddressPolicy::contains(const Network& network, const Bytes& address) {
  const unsigned whole = network.prefix / 8;
  const unsigned rest = network.prefix % 8;
  if (!std::equal(address.begin(), address.begin() + whole, network.bytes.begin())) return false;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8 - rest) & 0xFFU;
  return (address[whole] & mask) == (network.bytes[whole] & mask);
}

std::optional<HttpAddressPolicy::Network> HttpAddressPolicy::parse_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  boost::system::error_code problem;
  const ip::address address = ip::make_address(text.substr(0, slash), problem);
  if (problem || (address.is_v6() && address.to_v6().scope_id() != 0)) return std::nullopt;
  Network network{bytes_of(address), 128};
  if (slash == std::string::npos) return network;
  const std::string_view digits = std::string_view{text}.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc{} || end != digits.data() + digits.size() || prefix > (address.is_v4() ? 32U : 128U))
    return std::nullopt;
  network.prefix = address.is_v4() ? prefix + v4_prefix : prefix;
  return network;
}

Result<HttpAddressPolicy> HttpAddressPolicy::parse(const std::vector<std::string>& allow_hosts) {
  HttpAddressPolicy policy;
  policy.limited_ = !allow_hosts.empty();
  for (const std::string& each : allow_hosts) {
    std::string text = lower(each);
    if (text == "*") {
      policy.any_name_ = true;
    } else if (const auto network = parse_network(text)) {
      policy.networks_.push_back(*network);
    } else if (text.starts_with("*.") && is_name(text.substr(2))) {
      policy.suffixes_.push_back(text.substr(1));
    } else if (is_name(text)) {
      policy.names_.push_back(std::move(text));
    } else {
      return Error{ErrorKind::invalid,
                   excerpt(each) +
                       " is no host; expected a name (api.example.com, *.example.com, *), "
                       "an address or a network (10.0.0.0/8), without scheme and port"};
    }
  }
  return policy;
}

// The registries of special-purpose addresses (RFC 6890 and what came after). Of IPv6 only 2000::/3 is routed
// at all; the ways to write an IPv4 address into an IPv6 one (mapped, NAT64, 6to4, Teredo) are either taken
// as that address or not public.
bool HttpAddressPolicy::is_public(const Bytes& address) {
  static const std::vector<Network> special = [] {
    std::vector<Network> networks;
    for (const char* text : {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                             "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
                             "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
                             "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"})
      networks.push_back(*parse_network(text));
    return networks;
  }();
  static const Network all_v4 = *parse_network("0.0.0.0/0");
  static const Network routed = *parse_network("2000::/3");
  if (!contains(all_v4, address) && !contains(routed, address)) return false;
  return std::none_of(special.begin(), special.end(),
                      [&](const Network& network) { return contains(network, address); });
}

bool HttpAddressPolicy::is_listed(const Bytes& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return contains(network, address); });
}

std::optional<std::string> HttpAddressPolicy::refuse_host(const std::string& host) const {
  if (!limited_) return std::nullopt;
  boost::system::error_code problem;
  const ip::address literal = ip::make_address(host, problem);
  if (!problem) {
    if (any_name_ || is_listed(bytes_of(literal))) return refuse_address(literal);
    return "the address " + literal.to_string() + " is not in allow_hosts";
  }
  const bool named = any_name_ || std::find(names_.begin(), names_.end(), host) != names_.end() ||
                     std::any_of(suffixes_.begin(), suffixes_.end(),
                                 [&](const std::string& suffix) { return host.ends_with(suffix); });
  if (named) return std::nullopt;
  return "the host " + excerpt(host) + " is not in allow_hosts";
}

std::optional<std::string> HttpAddressPolicy::refuse_address(const ip::address& address) const {
  const Bytes bytes = bytes_of(address);
  if (!limited_ || is_listed(bytes) || is_public(bytes)) return std::nullopt;
  return "the address " + address.to_string() +
         " is not on the public Internet; it must be listed in allow_hosts itself";
}

}  // namespace spoold
