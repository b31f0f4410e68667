#include "backend/http_dialogue.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace spoold {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

bool is_close(const error_code& problem) {
  return problem == asio::error::eof || problem == asio::error::connection_reset ||
         problem == asio::error::connection_aborted || problem == asio::error::broken_pipe ||
         problem == http::error::end_of_stream || problem == asio::ssl::error::stream_truncated;
}

std::string describe_trouble(const error_code& problem) {
  if (problem == http::error::header_limit || problem == http::error::buffer_overflow)
    return "its header is over max_header_bytes";
  if (problem == http::error::partial_message) return "the connection was closed in the middle of it";
  if (is_close(problem)) return "the connection was closed (" + problem.message() + ")";
  if (problem.category() == http::make_error_code(http::error::bad_version).category())
    return "it is no HTTP (" + problem.message() + ")";
  return problem.message();
}

}  // namespace spoold
