#pragma once

#include "event/event.hpp"

namespace spoold {

// Writes events to the journal with sd_journal_sendv(3): MESSAGE, PRIORITY, SYSLOG_IDENTIFIER=spoold, EVENT
// and the event's fields. Where journald does not answer, nothing happens: logging must never stop the work.
class JournalSink {
 public:
  void write(const Event& event) const;
  // A line that is no event (start-up errors, configuration). Goes by standard error where that is the
  // journal; of several lines each is an entry.
  void write(Severity severity, const std::string& message) const;
};

// True where this process's standard error is connected to the journal ($JOURNAL_STREAM names its device and
// inode, systemd.exec(5)).
[[nodiscard]] bool stderr_is_journal();

}  // namespace spoold
