#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "entry/json.hpp"

// Live control: what a running daemon is asked through the socket in its queue's directory, and what it
// answers. One JSON object a line, in both directions; a request gets one answer, in order.
//
//   {"request":"status"}                        the members of stats.json as of now, and "running": what runs
//   {"request":"cancel","id":"0176…","by":"…"}  ends that attempt early; the entry then goes to cancelled/
//   {"request":"pauses"}                        paused.json has changed: reads it, in force when it answers
//   {"request":"explain","id":"0176…"}          where the entry is: {"is":"running"|"waiting"|"unknown", …}
//
//   {"ok":true, …}    {"ok":false,"kind":"invalid","error":"one line for a person"}

namespace spoold {

constexpr const char* control_socket_name = "control.sock";
constexpr std::size_t control_request_bytes_max = 4096;              // its newline not counted
constexpr std::size_t control_answer_bytes_max = 4UL * 1024 * 1024;  // likewise
constexpr std::size_t control_name_bytes_max = 200;                  // of `by`

namespace control {

struct Status {
  friend bool operator==(const Status&, const Status&) = default;
};
struct Cancel {
  std::uint64_t seq = 0;
  std::string by;  // for people: who asks
  friend bool operator==(const Cancel&, const Cancel&) = default;
};
struct RereadPauses {
  friend bool operator==(const RereadPauses&, const RereadPauses&) = default;
};
struct Explain {
  std::uint64_t seq = 0;
  friend bool operator==(const Explain&, const Explain&) = default;
};

}  // namespace control

using ControlRequest =
    std::variant<control::Status, control::Cancel, control::RereadPauses, control::Explain>;

// A line without its newline. Refused with kind invalid: what is wrong, where, and what would be right.
[[nodiscard]] Result<ControlRequest> parse_control_request(std::string_view line);
// The line of a request, newline included. REQUIRES: `by` within control_name_bytes_max.
[[nodiscard]] std::string format_control_request(const ControlRequest& request);

// The line of an answer, newline included. `members` is an object; `ok` is put in front of it.
[[nodiscard]] std::string format_control_answer(const Json& members);
[[nodiscard]] std::string format_control_refusal(const Error& error);
// The members of an answer; a refusal becomes the Error it tells. Kind invalid: it is no answer.
[[nodiscard]] Result<Json> parse_control_answer(std::string_view line);

}  // namespace spoold
