#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace spoold {

// What TLS connections are made with: TLS 1.2 or later, the peer's certificate always verified, against the
// system's authorities or those in `ca_file`. The Error names the file.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& ca_file);

}  // namespace spoold
