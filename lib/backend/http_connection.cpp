#include "backend/http_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "backend/http_url.hpp"

namespace spoold {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using TlsStream = asio::ssl::stream<tcp::socket>;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t chunk_bytes = 16 * 1024;
constexpr int interim_answers_max = 16;  // 1xx before the answer itself

bool is_close(const error_code& problem) {
  return problem == asio::error::eof || problem == asio::error::connection_reset ||
         problem == asio::error::connection_aborted || problem == asio::error::broken_pipe ||
         problem == http::error::end_of_stream || problem == asio::ssl::error::stream_truncated;
}

std::string describe(const error_code& problem) {
  if (problem == http::error::header_limit || problem == http::error::buffer_overflow)
    return "its header is over max_header_bytes";
  if (problem == http::error::partial_message) return "the connection was closed in the middle of it";
  if (is_close(problem)) return "the connection was closed (" + problem.message() + ")";
  if (problem.category() == http::make_error_code(http::error::bad_version).category())
    return "it is no HTTP (" + problem.message() + ")";
  return problem.message();
}

// A request and its answer over either kind of stream.
template <class Stream>
class Exchange {
 public:
  Exchange(Stream& stream, const HttpRequest& request, HttpLimits limits)
      : stream_(stream), request_(request), limits_(limits), buffer_(limits.header + 4 * chunk_bytes) {}

  asio::awaitable<HttpExchange> run() {
    error_code sent;
    co_await asio::async_write(stream_, asio::buffer(request_.bytes),
                               asio::redirect_error(asio::use_awaitable, sent));
    // A server may refuse a request, and close, before it has read it all: its answer counts, if there is
    // one.
    co_await read_header();
    if (result_.response)
      co_await read_body();
    else if (sent && !result_.answered)
      fail("the request could not be sent: ", sent);
    co_return std::move(result_);
  }

  [[nodiscard]] bool kept() const { return kept_; }

 private:
  void fail(const char* what, const error_code& problem) {
    result_.trouble = what + describe(problem);
    result_.closed = is_close(problem);
  }

  // The header of the answer itself, behind any interim ones.
  asio::awaitable<void> read_header() {
    for (int interim = 0; interim <= interim_answers_max; ++interim) {
      parser_.emplace();
      parser_->header_limit(static_cast<std::uint32_t>(limits_.header));
      parser_->body_limit(boost::none);
      if (!request_.expects_body) parser_->skip(true);
      error_code problem;
      co_await http::async_read_header(stream_, buffer_, *parser_,
                                       asio::redirect_error(asio::use_awaitable, problem));
      result_.answered = result_.answered || parser_->got_some() || buffer_.size() > 0;
      if (problem) {
        fail(result_.answered ? "the answer cannot be read: " : "no answer came: ", problem);
        co_return;
      }
      const unsigned status = parser_->get().result_int();
      if (status >= 200 || status == 101) {
        take_header();
        co_return;
      }
    }
    result_.trouble = "the answer cannot be read: over 16 interim answers (1xx) came before it";
  }

  void take_header() {
    const auto& message = parser_->get();
    HttpResponse& response = result_.response.emplace();
    response.status = message.result_int();
    response.phrase = std::string{message.reason()};
    response.content_type = std::string{message[http::field::content_type]};
    response.location = std::string{message[http::field::location]};
    response.retry_after = std::string{message[http::field::retry_after]};
  }

  asio::awaitable<void> read_body() {
    HttpResponse& response = *result_.response;
    while (!parser_->is_done()) {
      auto& body = parser_->get().body();
      body.data = chunk_.data();
      body.size = chunk_.size();
      error_code problem;
      co_await http::async_read(stream_, buffer_, *parser_,
                                asio::redirect_error(asio::use_awaitable, problem));
      if (problem == http::error::need_buffer) problem = {};
      take(response, {chunk_.data(), chunk_.size() - body.size});
      if (problem) {
        response.end = HttpResponse::End::broken;
        response.trouble = describe(problem);
        co_return;
      }
      if (response.length > limits_.body) {
        response.end = HttpResponse::End::over_limit;
        co_return;
      }
    }
    // Bytes behind the answer belong to nothing that was asked.
    kept_ = parser_->keep_alive() && buffer_.size() == 0 && response.status != 101;
  }

  void take(HttpResponse& response, std::string_view bytes) {
    response.length += bytes.size();
    const std::uint64_t room = limits_.kept - std::min<std::uint64_t>(limits_.kept, response.body.size());
    response.body += bytes.substr(0, room);
  }

  Stream& stream_;
  const HttpRequest& request_;
  HttpLimits limits_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::array<char, chunk_bytes> chunk_{};
  HttpExchange result_;
  bool kept_ = false;
};

template <class Stream>
asio::awaitable<HttpExchange> exchange_over(Stream& stream, const HttpRequest& request, HttpLimits limits,
                                            bool& kept) {
  const auto exchange = std::make_unique<Exchange<Stream>>(stream, request, limits);
  HttpExchange result = co_await exchange->run();
  kept = exchange->kept();
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
