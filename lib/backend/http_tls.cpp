#include "backend/http_tls.hpp"

// The one place where Asio's TLS code is compiled (BOOST_ASIO_SEPARATE_COMPILATION).
#include <openssl/ssl.h>

#include <boost/asio/ssl/impl/src.hpp>

namespace spoold {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> make_tls_context(const std::string& ca_file) {
  std::shared_ptr<ssl::context> context;
  try {
    context = std::make_shared<ssl::context>(ssl::context::tls_client);
  } catch (const boost::system::system_error& problem) {
    return Error{ErrorKind::out_of_memory, std::string{"start TLS: "} + problem.what()};
  }
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  boost::system::error_code problem;
  context->set_verify_mode(ssl::verify_peer, problem);
  if (!problem) {
    if (ca_file.empty())
      context->set_default_verify_paths(problem);
    else
      context->load_verify_file(ca_file, problem);
  }
  if (problem) {
    const std::string what = ca_file.empty() ? "the system's certificate authorities" : ca_file;
    return Error{ErrorKind::invalid,
                 "read " + what + ": " + problem.message() + "; expected certificates in PEM form"};
  }
  return context;
}

}  // namespace spoold
