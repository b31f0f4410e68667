#include "backend/command_verdict.hpp"

#include <cstring>

#include "base/duration.hpp"

namespace spoold {

namespace {

CommandVerdict verdict_of(const CommandEnd& end, const CommandVerdicts& verdicts) {
  if (!end.known) return CommandVerdict::retry;  // nor may it be taken for a success
  if (end.signal != 0) return verdicts.signal;
  const auto found = verdicts.codes.find(end.exit_status);
  return found == verdicts.codes.end() ? verdicts.other : found->second;
}

std::string signal_name(int signal) {
  const char* const abbreviation = ::sigabbrev_np(signal);
  return abbreviation == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + abbreviation;
}

std::string reason_of(const CommandReport& report) {
  std::string reason;
  if (report.end.why == CommandEnd::Why::over_time) {
    reason = "ran over " + format_duration(report.timeout);
  } else if (!report.end.known) {
    reason = "how it ended is not known, for something else has reaped it";
  } else if (report.end.signal != 0) {
    reason = "ended by " + signal_name(report.end.signal);
  } else {
    reason = "exit status " + std::to_string(report.end.exit_status);
  }
  const std::string said = report.errors.last_lines();
  return said.empty() ? reason : reason + ": " + said;
}

Json receipt_of(const CommandReport& report) {
  Json receipt = Json::object();
  receipt["status"] = "done";
  receipt["finished_at"] = format_rfc3339(report.finished_at);
  receipt["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(report.duration).count();
  if (report.end.signal != 0) {
    receipt["signal"] = signal_name(report.end.signal);
  } else {
    receipt["exit_code"] = report.end.exit_status;
  }
  add_output(receipt, "stdout", report.output);
  add_output(receipt, "stderr", report.errors);
  return receipt;
}

}  // namespace

Outcome judge(const CommandReport& report, const CommandVerdicts& verdicts) {
  if (report.end.why == CommandEnd::Why::interrupted)
    return Interrupted{"the worker stops, and its program with it"};
  if (report.end.why == CommandEnd::Why::cancelled)
    return Interrupted{"it was cancelled, and its program was ended"};
  if (report.end.why == CommandEnd::Why::over_time) return Retry{reason_of(report), {}};
  switch (verdict_of(report.end, verdicts)) {
    case CommandVerdict::done:
      return Done{receipt_of(report)};
    case CommandVerdict::reject:
      return Reject{reason_of(report)};
    case CommandVerdict::unavailable:
      return Unavailable{reason_of(report), {}};
    case CommandVerdict::retry:
      break;
  }
  return Retry{reason_of(report), {}};
}

}  // namespace spoold
