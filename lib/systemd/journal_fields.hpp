#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/event.hpp"

// What a journal entry of ours consists of.

namespace spoold {

// As syslog(3) numbers it: 3 is an error, 7 is debug.
[[nodiscard]] int syslog_priority(Severity severity);

// The MESSAGE_ID of an event's kind, 32 hexadecimal digits; `journalctl MESSAGE_ID=...` finds all of a kind.
// Once released an id never changes its meaning.
[[nodiscard]] std::string_view message_id(const Event& event);

// "MESSAGE=...", "PRIORITY=...", "SYSLOG_IDENTIFIER=spoold", "EVENT=<kind>", "MESSAGE_ID=..." and the event's
// fields.
[[nodiscard]] std::vector<std::string> journal_fields(const Event& event);
// The first three of these.
[[nodiscard]] std::vector<std::string> journal_fields(Severity severity, std::string_view message);

}  // namespace spoold
