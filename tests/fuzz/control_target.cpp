#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>

#include "control/control_session.hpp"
#include "fuzz/property.hpp"
#include "fuzz/targets.hpp"

namespace spoold::fuzz {

namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

// The daemon's part: says what it understood, or refuses.
Result<Json> answer_of(const ControlRequest& request) {
  if (std::holds_alternative<control::RereadPauses>(request))
    return Error{ErrorKind::read_only, "the disk is full"};
  return Result<Json>{boost::system::in_place_value, Json{{"asked", format_control_request(request)}}};
}

asio::awaitable<Result<Json>> handle(ControlRequest request) {
  co_return answer_of(request);
}

// What a client that sent these bytes must read: one answer a line, until the first that is too long.
std::string expected_answers(std::string_view input) {
  std::string answers;
  for (;;) {
    const std::size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    const bool too_long = line.size() > control_request_bytes_max;
    if (end == std::string_view::npos && !too_long) return answers;
    const auto request = parse_control_request(line);
    must(request.has_value() || (request.error().kind == ErrorKind::too_large) == too_long,
         "a long line is too long");
    const Result<Json> members = request ? answer_of(*request) : Result<Json>{request.error()};
    answers += members ? format_control_answer(*members) : format_control_refusal(members.error());
    if (too_long) return answers;
    input.remove_prefix(end + 1);
  }
}

// A client and the session that serves it, both ends of a pair in this process.
class Talk {
 public:
  Talk() {
    asio::local::connect_pair(client_, session_);
    client_.non_blocking(true);
    auto session = std::make_shared<ControlSession>(std::move(session_), std::chrono::hours{1});
    asio::co_spawn(loop_, run_control_session(std::move(session), handle, nullptr), asio::detached);
  }

  // False once the session takes no more.
  bool send(std::string_view piece) {
    while (!piece.empty()) {
      const ssize_t sent =
          ::send(client_.native_handle(), piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) piece.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return false;
      let_answer();
    }
    return true;
  }

  std::string end() {
    boost::system::error_code ignored;
    client_.shutdown(Socket::shutdown_send, ignored);
    while (!loop_.stopped()) let_answer();
    return std::move(answers_);
  }

 private:
  void let_answer() {
    std::array<char, 16384> buffer{};
    do {
      loop_.poll();
      const ssize_t got = ::recv(client_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) return;
      answers_.append(buffer.data(), static_cast<std::size_t>(got));
    } while (true);
  }

  asio::io_context loop_{1};
  Socket client_{loop_};
  Socket session_{loop_};
  std::string answers_;
};

std::string talk_in_pieces(std::string_view input, std::size_t piece_bytes) {
  Talk talk;
  while (!input.empty() && talk.send(input.substr(0, piece_bytes)))
    input.remove_prefix(std::min(piece_bytes, input.size()));
  return talk.end();
}

void check_request(std::string_view line) {
  const auto request = parse_control_request(line);
  if (!request) return must_be_one_line(request.error().message());
  const std::string written = format_control_request(*request);
  must(written.find('\n') == written.size() - 1, "a request is one line");
  const auto again = parse_control_request(std::string_view{written}.substr(0, written.size() - 1));
  must(again && *again == *request, "a request reads as it is written");
}

// The same bytes where the client looks for an answer.
void check_answer(std::string_view line) {
  const auto answer = parse_control_answer(line);
  if (!answer) return;
  const std::string written = format_control_answer(*answer);
  const auto again = parse_control_answer(std::string_view{written}.substr(0, written.size() - 1));
  must(again && *again == *answer, "an answer reads as it is written");
}

}  // namespace

void fuzz_control(std::string_view input) {
  check_request(input);
  check_answer(input);
  const std::string expected = expected_answers(input);
  must(talk_in_pieces(input, std::max<std::size_t>(input.size(), 1)) == expected, "each line has its answer");
  must(talk_in_pieces(input, 1 + hash_of(input) % 97) == expected,
       "answers do not depend on the pieces that came");
}

}  // namespace spoold::fuzz
