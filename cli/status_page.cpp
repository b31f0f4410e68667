#include "status_page.hpp"

#include <utility>

#include "moments.hpp"

namespace spoold {

namespace {

constexpr std::size_t label_columns = 12;
constexpr std::size_t number_columns = 9;

std::string because_of(const std::string& reason) {
  return reason.empty() ? std::string() : ": " + printable(reason);
}

}  // namespace

void StatusPage::line(std::string_view label, std::string_view text) {
  lines_.push_back(terminal_.paint(Colour::dim, pad(label, label_columns)) + std::string(text));
}

void StatusPage::wrapped(std::string_view label, const std::string& text, Colour colour) {
  for (const auto& part : wrap(text, columns_ - label_columns)) {
    line(label, terminal_.paint(colour, part));
    label = "";
  }
}

std::string StatusPage::ago(const std::optional<WallTime>& time) const {
  return time ? format_age(status_.now - *time) + " ago" : "at an unknown time";
}

std::string StatusPage::daemon() const {
  const auto& report = status_.report;
  std::string last;
  if (report && report->updated_at) last = "last report " + ago(report->updated_at);
  if (status_.daemon == 0) {
    return "not running" + (last.empty() ? "" : ", " + last) +
           "; starts on demand where systemd watches the queue, else by 'spoolctl start'";
  }
  std::string text =
      terminal_.paint(Colour::green, report && !report->state.empty() ? printable(report->state) : "running");
  text += ", pid " + std::to_string(status_.daemon);
  if (report && report->started_at) text += ", up " + format_age(status_.now - *report->started_at);
  if (report && !report->watcher.empty()) text += ", watches by " + printable(report->watcher);
  return last.empty() ? text : text + ", " + last;
}

std::vector<std::string> StatusPage::head() {
  line("queue", printable(status_.queue));
  if (status_.daemon == 0) {
    wrapped("daemon", daemon());
  } else {
    line("daemon", daemon());
  }
  if (!status_.report_problem.empty()) {
    wrapped("", "cannot read its " + std::string(stats_name) + ": " + status_.report_problem, Colour::red);
  }
  if (status_.report && status_.report->storage) {
    const auto& storage = *status_.report->storage;
    std::string text = "claims have stopped, " + ago(storage.since) + because_of(storage.reason);
    if (status_.daemon != 0 && storage.next_look_at) {
      text += "; looks again in " + format_age(*storage.next_look_at - status_.now);
    }
    wrapped("storage", text, Colour::red);
  }
  pauses();
  return std::exchange(lines_, {});
}

void StatusPage::pauses() {
  const auto tell = [&](const std::string& which, const Pause& pause) {
    wrapped("paused",
            which + " by " + printable(pause.by) + ", " + ago(pause.since) + because_of(pause.reason),
            Colour::yellow);
  };
  if (!status_.pauses_problem.empty()) wrapped("paused", status_.pauses_problem, Colour::red);
  if (status_.pauses.all) tell("all lanes", *status_.pauses.all);
  for (const auto& [name, pause] : status_.pauses.lanes) tell("lane " + printable(name), pause);
}

std::vector<std::string> StatusPage::counts() {
  const auto& counts = status_.counts;
  for (const State state : all_states) {
    const auto count = counts.of(state);
    std::string text = pad_left(group_digits(count), number_columns);
    if (state == State::pending && counts.oldest_pending) {
      text += "   oldest " + format_age(status_.now - *counts.oldest_pending);
    }
    if (state == State::deferred && counts.next_due) {
      text += *counts.next_due <= status_.now
                  ? "   next one is due"
                  : "   next due in " + format_age(*counts.next_due - status_.now);
    }
    const bool bad = (state == State::failed || state == State::corrupt) && count > 0;
    if (bad) text += "   see 'spoolctl errors'";
    line(to_string(state), terminal_.paint(bad ? Colour::red : Colour::plain, text));
  }
  return std::exchange(lines_, {});
}

std::vector<std::string> StatusPage::rates() {
  const auto& pressure = status_.pressure;
  line("level", std::string(to_string(pressure.level)) + ", " + group_digits(pressure.waiting) + " waiting" +
                    (pressure.produce > 0 ? "; wants " + std::to_string(pressure.produce) + " more"
                                          : "; wants no more"));
  line("enqueued", group_digits(status_.counts.enqueued_last_minute) + " in the last minute, " +
                       group_digits(status_.counts.enqueued_last_hour) + " in the last hour");
  if (status_.daemon != 0 && status_.report) {
    line("processed", group_digits(status_.processed_last_minute()) + " in the last minute, " +
                          group_digits(status_.report->failed_last_minute) + " of them failed");
  }
  return std::exchange(lines_, {});
}

std::vector<std::string> StatusPage::totals() {
  std::string_view label = "totals";
  std::string text;
  for (const auto& [name, count] : status_.totals()) {
    const std::string part = printable(name) + " " + group_digits(count);
    if (!text.empty() && width(text) + 2 + width(part) >= columns_ - label_columns) {
      line(label, text + ",");
      label = "";
      text.clear();
    }
    text += (text.empty() ? "" : ", ") + part;
  }
  line(label, text);
  return std::exchange(lines_, {});
}

std::vector<std::string> StatusPage::lanes() {
  if (!status_.report || status_.report->lanes.empty()) return {};
  lines_.push_back(terminal_.paint(Colour::bold, pad("LANE", label_columns) + pad("TYPE", 9) +
                                                     pad("STATE", 13) + "RUNNING  WAITING  LIMIT  RATE"));
  for (const auto& each : status_.report->lanes) lane(each);
  return std::exchange(lines_, {});
}

void StatusPage::lane(const DaemonReport::Lane& lane) {
  const bool available = lane.state == "available";
  const Colour colour = available ? Colour::green : lane.state == "paused" ? Colour::yellow : Colour::red;
  std::string text = pad(printable(lane.name), label_columns - 1) + " " + pad(printable(lane.type), 8) + " " +
                     terminal_.paint(colour, pad(printable(lane.state), 13)) +
                     pad_left(group_digits(lane.running), 7) + pad_left(group_digits(lane.waiting), 9) +
                     pad_left(std::to_string(lane.concurrency), 7);
  if (!lane.rate.empty()) text += "  " + printable(lane.rate);
  lines_.push_back(std::move(text));
  if (const auto trouble = trouble_of(lane); !trouble.empty()) wrapped("", trouble);
}

std::string StatusPage::trouble_of(const DaemonReport::Lane& lane) const {
  std::string text = printable(lane.reason);
  if (lane.since) text += ", since " + format_age(status_.now - *lane.since);
  if (lane.next_probe_at && status_.daemon != 0 && lane.state != "paused") {
    text += ", next try in " + format_age(*lane.next_probe_at - status_.now);
  }
  if (lane.paused && lane.paused->by == "the configuration") {
    text = "paused by the configuration" + (text.empty() ? "" : "; " + text);
  }
  if (lane.next_start_at && status_.daemon != 0 && lane.waiting > 0) {
    text += (text.empty() ? "" : "; ") +
            ("at its rate, next one in " + format_age(*lane.next_start_at - status_.now));
  }
  return text;
}

std::vector<std::string> StatusPage::running() {
  if (!status_.report || status_.daemon == 0 || status_.report->running.empty()) return {};
  lines_.push_back(
      terminal_.paint(Colour::bold, pad("RUNNING", 22) + pad("LANE", label_columns) + "   FOR  OPERATION"));
  for (const auto& entry : status_.report->running) {
    const std::string age = entry.since ? format_age(status_.now - *entry.since) : std::string();
    lines_.push_back(cut(pad(printable(entry.id), 22) + pad(printable(entry.lane), label_columns) +
                             pad_left(age, 6) + "  " + printable(entry.operation),
                         columns_));
  }
  return std::exchange(lines_, {});
}

}  // namespace spoold
