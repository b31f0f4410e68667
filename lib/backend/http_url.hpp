#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace spoold {

// Where a request goes.
struct HttpUrl {
  bool tls = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 80;
  std::string target;  // path and query, as sent

  // Host as a URL and the Host header write it, with the port unless it is the scheme's own.
  [[nodiscard]] std::string authority() const;
  // What connections are kept by: "https://host:443".
  [[nodiscard]] std::string origin() const;
};

// Reads an absolute URL, strictly: http or https, no user, no fragment, a host that can be read in one way
// only (no "0x7f.1", no "127.1", no zone), printable ASCII, no "." or ".." as a part of the path. Kind
// invalid otherwise, with what would be right.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

// True for a canonical IPv4 or IPv6 address (without brackets).
[[nodiscard]] bool is_ip_address(std::string_view host);

}  // namespace spoold
