#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace spoold {

// An answer, as far as it is used.
struct HttpResponse {
  // How its body ended.
  enum class End {
    whole,
    over_limit,  // longer than is read at all: the rest was left unread
    broken       // the connection or the time ended first
  };
  unsigned status = 0;
  std::string phrase;  // beside the status; the server's own words
  std::string content_type;
  std::string location;
  std::string retry_after;
  std::string body;          // its front, up to what was asked to be kept
  std::uint64_t length = 0;  // bytes of body that came
  End end = End::whole;
  std::string trouble;  // why broken
};

// Why there is no answer.
struct HttpFailure {
  enum class Kind {
    refused,      // by our own rules: nothing was tried
    unreachable,  // nothing of the request can have arrived
    no_answer,    // it was sent, in part at least, and nobody knows what became of it
    interrupted   // by our own stop
  };
  Kind kind = Kind::no_answer;
  std::string reason;
};

using HttpAnswer = std::variant<HttpResponse, HttpFailure>;

}  // namespace spoold
