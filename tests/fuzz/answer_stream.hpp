#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <string_view>

namespace spoold::fuzz {

// A stream of Asio's on which a server sends the same answer, in pieces of one size, whatever it is asked,
// and then closes.
class AnswerStream {
 public:
  using executor_type = boost::asio::any_io_executor;

  AnswerStream(executor_type loop, std::string_view answer, std::size_t piece_bytes)
      : loop_(std::move(loop)), rest_(answer), piece_bytes_(piece_bytes) {}

  [[nodiscard]] executor_type get_executor() const { return loop_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    const std::string_view piece = rest_.substr(0, piece_bytes_);
    const std::size_t count = boost::asio::buffer_copy(buffers, boost::asio::buffer(piece));
    const bool ended = rest_.empty() && boost::asio::buffer_size(buffers) > 0;
    rest_.remove_prefix(count);
    return end(ended ? boost::asio::error::eof : boost::system::error_code{}, count,
               std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return end({}, boost::asio::buffer_size(buffers), std::forward<Token>(token));
  }

 private:
  template <class Token>
  auto end(boost::system::error_code problem, std::size_t count, Token&& token) {
    const auto initiate = [loop = loop_, problem, count](auto handler) {
      boost::asio::post(
          loop, [handler = std::move(handler), problem, count]() mutable { handler(problem, count); });
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(initiate, token);
  }

  executor_type loop_;
  std::string_view rest_;
  std::size_t piece_bytes_;
};

}  // namespace spoold::fuzz
