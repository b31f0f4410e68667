#include "base/duration.hpp"
#include "entry/entry_name.hpp"
#include "event/event.hpp"

// The lines people read. Each says what happened, to which entry, why, and what follows.

namespace spoold {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t text_bytes_max = 1000;

// Text from outside: of one line, and of a length that leaves the log readable.
std::string outside(std::string_view text) {
  if (text.size() <= text_bytes_max) return printable(text);
  std::size_t end = text_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return printable(text.substr(0, end)) + "...";
}

std::string because(std::string_view reason) {
  return reason.empty() ? "no reason was given" : outside(reason);
}

// As exact as a person wants it.
std::string about(std::chrono::nanoseconds duration) {
  std::chrono::nanoseconds unit = 1us;
  if (duration >= 10s) {
    unit = 1s;
  } else if (duration >= 1s) {
    unit = 100ms;
  } else if (duration >= 1ms) {
    unit = 1ms;
  }
  if (duration > 0ns && duration < unit) return "under 1us";
  return format_duration(duration / unit * unit);
}

std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string entries(std::uint64_t count) {
  return count_of(count, "entry", "entries");
}

std::string entry(const EntryRef& ref) {
  std::string text = "entry " + outside(ref.id);
  std::string details;
  if (!ref.operation.empty()) details += ", operation " + outside(ref.operation);
  if (!ref.lane.empty()) details += ", lane " + outside(ref.lane);
  if (ref.attempt > 0) details += ", attempt " + std::to_string(ref.attempt);
  if (!details.empty()) text += " (" + details.substr(2) + ")";
  return text;
}

struct Describe {
  std::string operator()(const event::Started& event) const {
    return "started on " + outside(event.queue) + ": " + entries(event.pending) + " pending, " +
           std::to_string(event.deferred) + " deferred; watching by " + outside(event.watcher);
  }
  std::string operator()(const event::Recovered& event) const {
    if (event.returned == 0 && event.failed == 0) return "nothing was left over by an earlier run";
    std::string text =
        "brought back " + entries(event.returned) + " which an earlier run had begun and not ended";
    if (event.failed > 0) {
      text += "; " + entries(event.failed) +
              " went to failed/ instead, for the worker died too often holding " +
              (event.failed == 1 ? "it" : "them");
    }
    return text;
  }
  std::string operator()(const event::Completed& event) const {
    const std::string after = " in " + about(event.duration);
    if (event.count == 1) return entry(event.first) + " completed" + after;
    return entries(event.count) + " completed in lane " + outside(event.lane) + after;
  }
  std::string operator()(const event::Deferred& event) const {
    const std::string due = format_rfc3339(event.due);
    if (event.entry.attempt == 0) {
      return entry(event.entry) + " is put off: " + because(event.reason) + "; will be run at " + due;
    }
    return entry(event.entry) + " did not succeed: " + because(event.reason) + "; will be tried again at " +
           due;
  }
  std::string operator()(const event::DeadLettered& event) const {
    return entry(event.entry) + " failed for good: " + because(event.reason) +
           "; it lies in failed/ until somebody retries it";
  }
  std::string operator()(const event::Cancelled& event) const {
    return entry(event.entry) + " was " + because(event.reason) + "; it lies in cancelled/";
  }
  std::string operator()(const event::Released& event) const {
    return entries(event.count) + " of lane " + outside(event.lane) +
           " given back to pending/: " + because(event.reason) + "; no attempt is counted";
  }
  std::string operator()(const event::Condemned& event) const {
    return "'" + outside(event.file_name) + "' is no entry: " + because(event.reason) +
           "; it was moved to corrupt/ as it is, for somebody to look at";
  }
  std::string operator()(const event::LaneUnavailable& event) const {
    return "lane " + outside(event.lane) + " is unavailable: " + because(event.reason) +
           "; its entries wait, no attempt is counted; next try in " + about(event.pause);
  }
  std::string operator()(const event::LaneAvailable& event) const {
    return "lane " + outside(event.lane) + " is available again after " + about(event.outage) +
           "; its entries go on";
  }
  std::string operator()(const event::StorageTrouble& event) const {
    return "the queue's storage is in trouble: " + because(event.reason) +
           "; claims stop until this is mended, nothing is lost; next look in " + about(event.pause);
  }
  std::string operator()(const event::StorageMended& event) const {
    return "the queue's storage works again after " + about(event.outage) + "; claims go on";
  }
  std::string operator()(const event::WatchFallback& event) const {
    return "inotify is not to be had: " + because(event.reason) +
           "; the queue is polled instead, which notices entries a little later";
  }
  std::string operator()(const event::Rescanned& event) const {
    return "a rescan found " + entries(event.found) + " the watch had not told of: " + because(event.why) +
           "; " + (event.found == 1 ? "it runs" : "they run") + " like any other";
  }
  std::string operator()(const event::BroughtForward& event) const {
    return entries(event.count) +
           " waited for another attempt longer than any wait is (the clock stepped back): " + "due by " +
           format_rfc3339(event.due) + " instead";
  }
  std::string operator()(const event::Lingering& event) const {
    return "idle, and stays all the same: '" + outside(event.file_name) +
           "' lies in pending/, cannot run, and would start the daemon again at once; move it away";
  }
  std::string operator()(const event::NotTold& event) const {
    return count_of(event.count, "line", "lines") + " of the kind " + outside(event.kind) +
           " left out, being too many; spoolctl list and spoolctl errors know of each entry";
  }
  std::string operator()(const event::Stopping& event) const {
    return "stopping: " + because(event.reason) + "; no new claims, what runs may end within the grace";
  }
  std::string operator()(const event::Stopped& event) const {
    return "stopped: " + because(event.reason) + "; " + entries(event.completed) + " completed and " +
           std::to_string(event.failed) + " failed in this run";
  }
};

}  // namespace

std::string describe(const Event& event) {
  return std::visit(Describe{}, event);
}

}  // namespace spoold
