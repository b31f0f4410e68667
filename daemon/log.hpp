#pragma once

#include <memory>
#include <string>

#include "daemon/arguments.hpp"
#include "event/event.hpp"
#include "event/event_digest.hpp"

namespace spdlog {
class logger;
}

namespace spoold {

// Where the daemon says what happens: text for people, a JSON object a line, or the journal. A sink that is
// full or gone never stops the work. The loop's thread only.
class Log {
 public:
  Log(LogFormat format, Severity level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // What happens to entries in floods is told in sums, with the next write_sums().
  void write(const Event& event);
  void write_sums();
  // What is no event: start-up, configuration.
  void write(Severity severity, const std::string& message);

 private:
  void tell(const Event& event);

  EventDigest digest_;
  LogFormat format_;
  Severity level_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace spoold
