#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace spoold::test {

struct ServerRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const;
};

// What the server does about a request: waits, sends, and then.
struct ServerReply {
  enum class Then {
    keep,     // the connection, for the next request
    close,    // it
    reset,    // it, so that the other side sees a reset
    hang,     // until the other side leaves
    flood,    // send bytes as fast as they are taken
    trickle,  // send a byte now and then
    inform    // send interim answers for ever
  };
  std::chrono::milliseconds delay{0};
  std::string bytes;
  Then then = Then::keep;
  int status = 0;  // 0: no answer
};

// The server's behaviour: by the path of the request, unless it was told otherwise by POST /control.
//
//   /status/N                answers N
//   /retry-after/WHEN[/N]    answers N (503) with that Retry-After
//   /redirect                answers 302 to /echo
//   /echo                    answers 200 with the request as JSON
//   /chat                    answers as a chat service does (see examples/llm)
//   /delay/MS                answers 200 after so many milliseconds
//   /bytes/N, /binary, /text answers 200 with N letters; with bytes that are no UTF-8; with a text
//   /first/N                 answers N to the first request with each key, 200 after that
//   /drop-first              resets the connection after the first request with each key
//   /once-then-N             answers 200 to the first request, N after that
//   /alternate/N/M           answers 200 to N requests, 503 to the next M, and so on
//   /hang                    never answers
//   /close-after-read, /reset-after-read        no answer, the connection is closed or reset
//   /answer-then-close       answers 200 as if the connection were kept, and closes it
//   /partial                 announces more than it sends, and closes
//   /flood, /slow, /slow-header                 never ends: fast, a byte at a time, in the header
//   /interim, /interim-flood one interim answer before the answer; nothing else
//   /huge-header, /garbage   answers what is no good answer
//
// POST /control with {"status": N, "delay_ms": N, "headers": {...}} holds for every path until the next such
// request; {} ends it. `status` null or missing: by the path. With {"hold": true} requests wait, unanswered,
// for the next such request, and are answered as that says.
class ServerBehaviour {
 public:
  [[nodiscard]] ServerReply reply_to(const ServerRequest& request);
  [[nodiscard]] bool holds(const ServerRequest& request) const;

 private:
  [[nodiscard]] ServerReply control(const ServerRequest& request);
  [[nodiscard]] ServerReply by_path(const ServerRequest& request);
  [[nodiscard]] std::optional<ServerReply> misbehave(const std::string& path) const;

  nlohmann::json control_ = nlohmann::json::object();
  std::map<std::string, std::set<std::string>> keys_seen_;  // by path
  std::set<std::string> paths_seen_;
  int alternating_ = 0;  // requests to /alternate so far
};

}  // namespace spoold::test
