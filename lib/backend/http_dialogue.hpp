#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

// Beast asserts of an empty chunked body that at least two bytes of its last line come at once. A server may
// send them one by one, and a build with assertions must not die of that; without them all goes well.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#undef BOOST_DISABLE_ASSERTS
#include <boost/assert.hpp>

#include "backend/http_connection.hpp"

namespace spoold {

// True where the problem of a stream is that the other side closed or reset it.
[[nodiscard]] bool is_close(const boost::system::error_code& problem);
// What a problem of a stream, or of what was read from it, is for a person.
[[nodiscard]] std::string describe_trouble(const boost::system::error_code& problem);

// One request and its answer over any stream of Asio's: plain, TLS, or one that a test makes up. Stream,
// request and dialogue must stay until run() returns.
template <class Stream>
class HttpDialogue {
 public:
  HttpDialogue(Stream& stream, const HttpRequest& request, HttpLimits limits)
      : stream_(stream), request_(request), limits_(limits), buffer_(limits.header + 4 * chunk_bytes) {}

  boost::asio::awaitable<HttpExchange> run() {
    boost::system::error_code sent;
    co_await boost::asio::async_write(stream_, boost::asio::buffer(request_.bytes),
                                      boost::asio::redirect_error(boost::asio::use_awaitable, sent));
    // A server may refuse a request, and close, before it has read it all: its answer counts, if there is
    // one.
    co_await read_header();
    if (result_.response)
      co_await read_body();
    else if (sent && !result_.answered)
      fail("the request could not be sent: ", sent);
    co_return std::move(result_);
  }

  // The answer ended where it should, and the server keeps the connection.
  [[nodiscard]] bool kept() const { return kept_; }

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;
  static constexpr std::size_t chunk_bytes = 16UL * 1024;
  static constexpr int interim_answers_max = 16;  // 1xx before the answer itself

  void fail(const char* what, const boost::system::error_code& problem) {
    result_.trouble = what + describe_trouble(problem);
    result_.closed = is_close(problem);
  }

  // The header of the answer itself, behind any interim ones.
  boost::asio::awaitable<void> read_header() {
    for (int interim = 0; interim <= interim_answers_max; ++interim) {
      parser_.emplace();
      parser_->header_limit(static_cast<std::uint32_t>(limits_.header));
      parser_->body_limit(boost::none);
      if (!request_.expects_body) parser_->skip(true);
      boost::system::error_code problem;
      const std::size_t header_bytes = co_await boost::beast::http::async_read_header(
          stream_, buffer_, *parser_, boost::asio::redirect_error(boost::asio::use_awaitable, problem));
      // Beast counts the first line or not, as the pieces come.
      if (!problem && header_bytes > limits_.header) problem = boost::beast::http::error::header_limit;
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
    response.content_type = std::string{message[boost::beast::http::field::content_type]};
    response.location = std::string{message[boost::beast::http::field::location]};
    response.retry_after = std::string{message[boost::beast::http::field::retry_after]};
  }

  boost::asio::awaitable<void> read_body() {
    HttpResponse& response = *result_.response;
    while (!parser_->is_done()) {
      auto& body = parser_->get().body();
      body.data = chunk_.data();
      body.size = chunk_.size();
      boost::system::error_code problem;
      co_await boost::beast::http::async_read(
          stream_, buffer_, *parser_, boost::asio::redirect_error(boost::asio::use_awaitable, problem));
      if (problem == boost::beast::http::error::need_buffer) problem = {};
      take(response, {chunk_.data(), chunk_.size() - body.size});
      // First: whether a fault behind the limit has come along is a matter of the pieces.
      if (response.length > limits_.body) {
        response.end = HttpResponse::End::over_limit;
        co_return;
      }
      if (problem) {
        response.end = HttpResponse::End::broken;
        response.trouble = describe_trouble(problem);
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

}  // namespace spoold
