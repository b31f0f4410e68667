#include "explanation.hpp"

#include <algorithm>

#include "moments.hpp"
#include "terminal.hpp"

namespace spoold {

namespace {

using Lane = DaemonReport::Lane;

std::string at(WallTime time, WallTime now) {
  if (time <= now) return "now";
  const std::string text = format_rfc3339(time);
  const std::string date = time - now < std::chrono::hours{24} ? "" : text.substr(0, 10) + " ";
  return "in " + format_age(time - now) + " (" + date + text.substr(11, 8) + " UTC)";
}

std::string because_of(const std::string& reason) {
  return reason.empty() ? std::string() : ": " + printable(reason);
}

class Explaining {
 public:
  Explaining(const Circumstances& facts, WallTime now) : facts_(facts), now_(now) {}

  [[nodiscard]] Explanation explain() const {
    switch (facts_.entry.file.state) {
      case State::pending:
        return pending();
      case State::processing:
        return processing();
      case State::deferred:
        return deferred();
      case State::completed:
        return {"completed", "it is completed" + age(), {}};
      case State::failed:
        return {
            "failed", "it failed" + because_of(facts_.entry.reason) + "; 'spoolctl retry' runs it again", {}};
      case State::cancelled:
        return {"cancelled", "it was cancelled; 'spoolctl retry' takes it back", {}};
      case State::corrupt:
        return {"corrupt", "it is no entry" + because_of(facts_.entry.reason), {}};
    }
    return {};
  }

 private:
  [[nodiscard]] std::string age() const {
    const auto& enqueued = facts_.entry.enqueued_at;
    return enqueued ? ", enqueued " + format_age(now_ - *enqueued) + " ago" : std::string();
  }

  [[nodiscard]] std::string lane_name() const { return printable(facts_.standing.lane); }

  [[nodiscard]] const Lane* lane() const {
    if (!facts_.daemon) return nullptr;
    const auto& lanes = facts_.daemon->lanes;
    const auto found = std::find_if(lanes.begin(), lanes.end(),
                                    [&](const Lane& each) { return each.name == facts_.standing.lane; });
    return found == lanes.end() ? nullptr : &*found;
  }

  [[nodiscard]] Explanation processing() const {
    if (!facts_.daemon_runs) {
      return {"left_over",
              "it was being run when the daemon ended; the next one brings it back to pending when it starts",
              {}};
    }
    std::string text = "it is running";
    if (!facts_.standing.lane.empty()) text += " in lane " + lane_name();
    if (facts_.standing.since) text += " since " + format_age(now_ - *facts_.standing.since);
    const auto& name = facts_.entry.file.name;
    if (name && name->attempts > 1) text += ", attempt " + std::to_string(name->attempts);
    return {"running", text, {}};
  }

  [[nodiscard]] Explanation deferred() const {
    const auto due = facts_.entry.due_at;
    if (!due) return {"deferred", "it has no time of its own, so the daemon moves it to pending", {}};
    const auto& name = facts_.entry.file.name;
    const bool tried = name && name->attempts > 0;
    std::string text = tried ? "attempt " + std::to_string(name->attempts) + " failed" +
                                   because_of(facts_.entry.reason) + "; it is due again "
                             : "its producer put it off; it is due ";
    text += at(*due, now_);
    if (!facts_.daemon_runs) text += "; " + nobody_runs();
    return {"due", text, *due};
  }

  [[nodiscard]] static std::string nobody_runs() {
    return "no daemon is running (it starts on demand where systemd watches the queue, else 'spoolctl "
           "start')";
  }

  [[nodiscard]] Explanation pending() const {
    Explanation reason = hindrance();
    const std::string others = ahead();
    if (!others.empty()) reason.sentence += (reason.sentence.empty() ? "" : "; ") + others;
    if (*reason.because == '\0') {
      reason.because = others.empty() ? "next" : "behind";
      if (others.empty()) reason.sentence = "it is next" + in_lane();
    }
    return reason;
  }

  [[nodiscard]] std::string in_lane() const {
    return facts_.standing.lane.empty() ? std::string() : " in lane " + lane_name();
  }

  // What keeps all of its kind waiting, the strongest first.
  [[nodiscard]] Explanation hindrance() const {
    if (!facts_.entry.entry && facts_.entry.file.name) {
      return {
          "no_entry",
          "the file holds no entry" + because_of(facts_.entry.reason) + "; its claim moves it to corrupt/",
          {}};
    }
    if (!facts_.standing.has_route) {
      return {"no_route",
              "no route leads from its operation '" + printable(facts_.entry.operation()) +
                  "' to a backend; its claim moves it to failed/",
              {}};
    }
    if (facts_.paused) return paused(*facts_.paused);
    if (!facts_.daemon_runs) return {"no_daemon", nobody_runs(), {}};
    if (facts_.daemon && facts_.daemon->storage) {
      return {"storage",
              "claims have stopped, the storage is in trouble" + because_of(facts_.daemon->storage->reason),
              facts_.daemon->storage->next_look_at};
    }
    return hindrance_of_lane();
  }

  [[nodiscard]] Explanation paused(const DaemonReport::PausedBy& pause) const {
    const std::string which = facts_.standing.lane.empty() ? "every lane is" : "lane " + lane_name() + " is";
    std::string text = which + " paused by " + printable(pause.by);
    if (pause.since) text += " since " + format_age(now_ - *pause.since);
    text += because_of(pause.reason);
    text += pause.by == "the configuration" ? "" : "; 'spoolctl resume' lets it go on";
    if (!facts_.daemon_runs) text += "; no daemon is running";
    return {"paused", text, {}};
  }

  [[nodiscard]] Explanation hindrance_of_lane() const {
    const Lane* where = lane();
    if (where == nullptr) return {};
    if (where->state == "unavailable" || where->state == "probing") {
      std::string text = "lane " + lane_name() + " is unavailable" + because_of(where->reason);
      if (where->next_probe_at) text += "; the next try is " + at(*where->next_probe_at, now_);
      return {"breaker", text, where->next_probe_at};
    }
    if (where->next_start_at) {
      return {"rate",
              "lane " + lane_name() + " is at its rate, " + where->rate + "; the next one begins " +
                  at(*where->next_start_at, now_),
              where->next_start_at};
    }
    if (facts_.standing.route_next_start) {
      return {"rate",
              "its route is at its rate, " + facts_.standing.route_rate + "; the next one begins " +
                  at(*facts_.standing.route_next_start, now_),
              facts_.standing.route_next_start};
    }
    if (where->running >= where->concurrency && where->concurrency > 0) {
      return {"limit",
              "lane " + lane_name() + " is at its limit, " + std::to_string(where->running) + "/" +
                  std::to_string(where->concurrency),
              {}};
    }
    return {};
  }

  [[nodiscard]] std::string ahead() const {
    const auto& standing = facts_.standing;
    std::string text;
    if (standing.ahead_of_better_priority > 0) {
      text = group_digits(standing.ahead_of_better_priority) + " of higher priority";
    }
    if (standing.ahead_of_its_priority > 0) {
      text += (text.empty() ? "" : " and ") + group_digits(standing.ahead_of_its_priority) +
              " older of its own priority";
    }
    return text.empty() ? text : "it is behind " + text + (standing.from_daemon ? in_lane() : std::string());
  }

  const Circumstances& facts_;
  WallTime now_;
};

}  // namespace

Explanation explain(const Circumstances& circumstances, WallTime now) {
  return Explaining(circumstances, now).explain();
}

}  // namespace spoold
