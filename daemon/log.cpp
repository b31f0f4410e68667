#include "daemon/log.hpp"

#include <poll.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>

#include "base/time.hpp"
#include "entry/json.hpp"
#include "systemd/journal_sink.hpp"

namespace spoold {

namespace {

// Where nobody reads what is written (a pager left standing, a pipe that is full), a line is dropped rather
// than waited for. poll(2) finds a pipe writable only with room for PIPE_BUF bytes, so a line of that length
// does not block.
class PatientSink final : public spdlog::sinks::ansicolor_stderr_sink<spdlog::details::console_nullmutex> {
 public:
  void log(const spdlog::details::log_msg& line) override {
    pollfd waiting{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLOUT) != 0) ansicolor_stderr_sink::log(line);
  }
};

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return "debug";
    case Severity::info:
      return "info";
    case Severity::notice:
      return "notice";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "error";
}

// spdlog has no notice: it is told as info, which is what it looks like to a person.
spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::info:
    case Severity::notice:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spoold::Json json_line(Severity severity, const std::string& message) {
  const auto now = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  return spoold::Json{{"time", format_rfc3339(now)}, {"severity", to_string(severity)}, {"message", message}};
}

std::string dump(const spoold::Json& line) {
  return line.dump(-1, ' ', false, spoold::Json::error_handler_t::replace);
}

}  // namespace

Log::Log(LogFormat format, Severity level) : format_(format), level_(level) {
  if (format_ == LogFormat::automatic) format_ = stderr_is_journal() ? LogFormat::journal : LogFormat::text;
  logger_ = std::make_shared<spdlog::logger>("spoold", std::make_shared<PatientSink>());
  logger_->set_level(spdlog::level::trace);
  logger_->flush_on(spdlog::level::trace);
  // What cannot be written is dropped; there is nowhere left to say so.
  logger_->set_error_handler([](const std::string&) {});
  if (format_ == LogFormat::json) {
    logger_->set_pattern("%v");
  } else {
    logger_->set_pattern(::isatty(STDERR_FILENO) == 1 ? "%H:%M:%S.%e %^%-7l%$ %v"
                                                      : "%Y-%m-%dT%H:%M:%S.%e%z %-7l %v");
  }
}

Log::~Log() = default;

void Log::write(const Event& event) {
  if (spoold::severity(event) < level_) return;
  if (std::holds_alternative<event::Stopped>(event)) write_sums();
  if (digest_.admit(event, std::chrono::steady_clock::now())) tell(event);
}

void Log::write_sums() {
  for (const Event& sum : digest_.take_sums()) tell(sum);
}

void Log::tell(const Event& event) {
  const Severity severity = spoold::severity(event);
  if (format_ == LogFormat::journal) return JournalSink{}.write(event);
  if (format_ == LogFormat::text) return logger_->log(level_of(severity), describe(event));
  spoold::Json line = json_line(severity, describe(event));
  line["event"] = kind(event);
  for (auto& [name, value] : fields(event)) line[name] = std::move(value);
  logger_->log(level_of(severity), dump(line));
}

void Log::write(Severity severity, const std::string& message) {
  if (severity < level_) return;
  if (format_ == LogFormat::journal) return JournalSink{}.write(severity, message);
  if (format_ == LogFormat::text) return logger_->log(level_of(severity), message);
  logger_->log(level_of(severity), dump(json_line(severity, message)));
}

}  // namespace spoold
