#include "backend/http_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "backend/http_dialogue.hpp"
#include "backend/http_url.hpp"

namespace spoold {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using TlsStream = asio::ssl::stream<tcp::socket>;

template <class Stream>
asio::awaitable<HttpExchange> exchange_over(Stream& stream, const HttpRequest& request, HttpLimits limits,
                                            bool& kept) {
  const auto dialogue = std::make_unique<HttpDialogue<Stream>>(stream, request, limits);
  HttpExchange result = co_await dialogue->run();
  kept = dialogue->kept();
  co_return result;
}

// The certificate must be for the host that was asked for; an address is no name and is not sent as one.
bool demand_host(TlsStream& stream, const std::string& host) {
  SSL* const handle = stream.native_handle();
  if (is_ip_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), host.c_str()) == 1;
  SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(handle, host.c_str()) == 1 && SSL_set1_host(handle, host.c_str()) == 1;
}

std::string describe_handshake(TlsStream& stream, const error_code& problem) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (verified != X509_V_OK)
    return std::string{"TLS: the certificate is not accepted: "} + X509_verify_cert_error_string(verified) +
           " (ca_file names the authorities to trust)";
  return "TLS: no agreement: " + problem.message();
}

}  // namespace

struct HttpConnection::Streams {
  Streams(const asio::any_io_executor& loop, asio::ssl::context* tls) {
    if (tls != nullptr)
      encrypted.emplace(loop, *tls);
    else
      plain.emplace(loop);
  }
  tcp::socket& socket() { return encrypted ? encrypted->next_layer() : *plain; }

  std::optional<tcp::socket> plain;
  std::optional<TlsStream> encrypted;
};

HttpConnection::HttpConnection(const asio::any_io_executor& loop, std::shared_ptr<asio::ssl::context> tls)
    : tls_(std::move(tls)), streams_(std::make_unique<Streams>(loop, tls_.get())) {}

HttpConnection::~HttpConnection() = default;

asio::awaitable<std::optional<std::string>> HttpConnection::connect(tcp::endpoint endpoint,
                                                                    std::string host) {
  error_code problem;
  tcp::socket& socket = streams_->socket();
  co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, problem));
  if (problem) co_return problem.message();
  socket.set_option(tcp::no_delay{true}, problem);
  if (!streams_->encrypted) co_return std::nullopt;
  TlsStream& stream = *streams_->encrypted;
  if (!demand_host(stream, host)) co_return "TLS: no certificate can be asked for that host";
  co_await stream.async_handshake(TlsStream::client, asio::redirect_error(asio::use_awaitable, problem));
  if (problem) co_return describe_handshake(stream, problem);
  co_return std::nullopt;
}

asio::awaitable<HttpExchange> HttpConnection::exchange(const HttpRequest& request, HttpLimits limits) {
  reusable_ = false;
  if (streams_->encrypted) co_return co_await exchange_over(*streams_->encrypted, request, limits, reusable_);
  co_return co_await exchange_over(*streams_->plain, request, limits, reusable_);
}

bool HttpConnection::is_quiet() const {
  tcp::socket& socket = streams_->socket();
  if (!socket.is_open()) return false;
  char byte = 0;
  const ssize_t got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void HttpConnection::close() {
  error_code ignored;
  streams_->socket().close(ignored);
}

}  // namespace spoold
