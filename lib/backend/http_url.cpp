#include "backend/http_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::size_t url_bytes_max = 8000;  // what servers take at least (RFC 9110, 4.1)
constexpr std::size_t host_bytes_max = 253;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_host_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

Error bad(std::string_view text, const std::string& why) {
  return Error{ErrorKind::invalid, excerpt(text) + " " + why};
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_ipv4(const std::string& host) {
  in_addr address{};
  // Unlike inet_aton, exactly four decimal numbers.
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// The last label decides whether old resolvers would read a host as a number ("0x7f.1", "2130706433").
bool ends_in_number(std::string_view host) {
  const std::string_view label = host.substr(host.rfind('.') + 1);
  if (label.starts_with("0x")) return std::all_of(label.begin() + 2, label.end(), is_hex);
  return std::all_of(label.begin(), label.end(), is_digit);
}

Result<void> check_name(std::string_view url, const std::string& host) {
  if (host.empty()) return bad(url, "names no host");
  if (host.size() > host_bytes_max) return bad(url, "has a host of over 253 letters");
  if (!std::all_of(host.begin(), host.end(), is_host_character))
    return bad(url,
               "has a host of other letters than a-z, 0-9, '-', '.' (write international names as xn--...)");
  if (host.front() == '.' || host.back() == '.' || host.find("..") != std::string::npos)
    return bad(url, "has a host with an empty part");
  if (ends_in_number(host) && !is_ipv4(host))
    return bad(url, "has an address that is not written as four numbers, such as 127.0.0.1");
  return {};
}

Result<void> read_port(std::string_view url, std::string_view text, std::uint16_t& port) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size() || port == 0)
    return bad(url, "has no port from 1 to 65535 after the host");
  return {};
}

Result<void> read_authority(std::string_view url, std::string_view text, HttpUrl& result) {
  if (text.find('@') != std::string_view::npos)
    return bad(url, "holds a user before the host; use authorization_file");
  std::string_view after_host;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    result.host = lower(text.substr(1, end == std::string_view::npos ? end : end - 1));
    if (end == std::string_view::npos || !is_ipv6(result.host)) return bad(url, "has no IPv6 address in [ ]");
    after_host = text.substr(end + 1);
    if (!after_host.empty() && after_host.front() != ':') return bad(url, "has letters after the ]");
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    result.host = lower(text.substr(0, colon));
    SPOOLD_TRY(check_name(url, result.host));
    after_host = text.substr(colon);
  }
  return after_host.empty() ? Result<void>{} : read_port(url, after_host.substr(1), result.port);
}

bool is_target_character(char c) {
  static constexpr std::string_view never = "\"<>\\^`{|}";
  return c > ' ' && c < 0x7F && never.find(c) == std::string_view::npos;
}

Result<void> check_target(std::string_view url, std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (!is_target_character(target[i]))
      return bad(url, "has a character in its path that must be written as %XX");
    const bool escape = i + 2 < target.size() && is_hex(target[i + 1]) && is_hex(target[i + 2]);
    if (target[i] == '%' && !escape) return bad(url, "has a '%' that no two hexadecimal digits follow");
  }
  std::string_view path = target.substr(0, target.find('?'));
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string part = lower(path.substr(0, path.find('/')));
    if (part == "." || part == ".." || part.find("%2e") != std::string::npos)
      return bad(url, "has a part '.' or '..' in its path");
    path.remove_prefix(std::min(path.find('/'), path.size()));
  }
  return {};
}

}  // namespace

bool is_ip_address(std::string_view host) {
  const std::string text{host};
  return is_ipv4(text) || is_ipv6(text);
}

std::string HttpUrl::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

std::string HttpUrl::origin() const {
  return (tls ? "https://" : "http://") + host + ":" + std::to_string(port);
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  if (text.size() > url_bytes_max) return bad(text, "is a URL of over 8000 bytes");
  HttpUrl url;
  const std::size_t scheme_end = text.find("://");
  const std::string scheme = scheme_end == std::string_view::npos ? "" : lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https")
    return bad(text, "is no URL that begins with http:// or https://");
  url.tls = scheme == "https";
  url.port = url.tls ? 443 : 80;
  const std::string_view rest = text.substr(scheme_end + 3);
  if (rest.find('#') != std::string_view::npos) return bad(text, "has a fragment (#), which is never sent");
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  SPOOLD_TRY(read_authority(text, rest.substr(0, authority_end), url));
  url.target = rest.substr(authority_end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  SPOOLD_TRY(check_target(text, url.target));
  return url;
}

}  // namespace spoold
