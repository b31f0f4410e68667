#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

namespace spoold::test {

// Makes a key and a certificate that it signed itself, for `name` and 127.0.0.1, puts both into `context`,
// and gives the certificate as PEM: whoever trusts that, trusts the server. Throws.
[[nodiscard]] std::string use_new_certificate(boost::asio::ssl::context& context, const std::string& name);

}  // namespace spoold::test
