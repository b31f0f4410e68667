#include <iostream>
#include <memory>

#include "daemon_report.hpp"
#include "direct_writes.hpp"
#include "exit_status.hpp"
#include "moments.hpp"
#include "queue_counts.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct Status {
  std::string queue;
  WallTime now{};
  QueueCounts counts;
  pid_t daemon = 0;
  std::uint64_t direct_writes = 0;
  std::optional<DaemonReport> report;
  std::string report_problem;  // why there is none, though there is a file
};

Result<Status> look(Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Status status;
  status.queue = view->path();
  status.now = session.clock.wall_now();
  auto counts = count_queue(*view, status.now);
  if (!counts) return counts.error();
  status.counts = *counts;
  const auto pid = daemon_pid(*view);
  if (!pid) return session.explain_open(pid.error());
  status.daemon = *pid;
  status.direct_writes = count_direct_writes(session, *view);
  auto report = latest_daemon_report(session, *view);
  if (report) {
    status.report = std::move(*report);
  } else {
    status.report_problem = report.error().message();
  }
  return status;
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

Json to_json(const Status& status) {
  Json counts = Json::object();
  for (const State state : all_states) counts[std::string(to_string(state))] = status.counts.of(state);
  return Json{{"queue", status.queue},
              {"counts", counts},
              {"oldest_pending_at", time_or_null(status.counts.oldest_pending)},
              {"next_due_at", time_or_null(status.counts.next_due)},
              {"enqueued_last_minute", status.counts.enqueued_last_minute},
              {"enqueued_last_hour", status.counts.enqueued_last_hour},
              {"direct_writes", status.direct_writes},
              {"daemon",
               {{"running", status.daemon != 0}, {"pid", status.daemon != 0 ? Json(status.daemon) : Json()}}},
              {"report", status.report ? status.report->document : Json()},
              {"report_problem", status.report_problem.empty() ? Json() : Json(status.report_problem)}};
}

// The screen: a label column, then what there is to say.
class Page {
 public:
  explicit Page(const Status& status) : status_(status), terminal_(Terminal::of(1)) {}

  void print() const {
    line("queue", printable(status_.queue));
    line("daemon", daemon());
    if (!status_.report_problem.empty()) {
      line("", terminal_.paint(Colour::red,
                               "cannot read its " + std::string(stats_name) + ": " + status_.report_problem));
    }
    if (status_.report && status_.report->storage) print_storage(*status_.report->storage);
    std::cout << "\n";
    for (const State state : all_states) print_count(state);
    line("enqueued", group_digits(status_.counts.enqueued_last_minute) + " in the last minute, " +
                         group_digits(status_.counts.enqueued_last_hour) + " in the last hour");
    if (status_.direct_writes > 0) {
      line("direct", group_digits(status_.direct_writes) + " written past the queue, by queue-lib.sh");
    }
    if (!status_.report) return;
    print_totals(status_.report->totals);
    print_lanes(status_.report->lanes);
  }

 private:
  void line(std::string_view label, std::string_view text) const {
    std::cout << terminal_.paint(Colour::dim, pad(label, label_columns)) << text << "\n";
  }

  [[nodiscard]] std::string ago(const std::optional<WallTime>& time) const {
    return time ? format_age(status_.now - *time) + " ago" : "at an unknown time";
  }

  [[nodiscard]] std::string daemon() const {
    const auto& report = status_.report;
    std::string last;
    if (report && report->updated_at) last = "last report " + ago(report->updated_at);
    if (status_.daemon == 0) return "not running (starts on demand)" + (last.empty() ? "" : ", " + last);
    std::string text = terminal_.paint(
        Colour::green, report && !report->state.empty() ? printable(report->state) : "running");
    text += ", pid " + std::to_string(status_.daemon);
    if (report && report->started_at) text += ", up " + format_age(status_.now - *report->started_at);
    if (report && !report->watcher.empty()) text += ", watches by " + printable(report->watcher);
    return last.empty() ? text : text + ", " + last;
  }

  void print_storage(const DaemonReport::Storage& storage) const {
    std::string text = "claims have stopped, " + ago(storage.since) + ": " + printable(storage.reason);
    if (status_.daemon != 0 && storage.next_look_at) {
      text += "; looks again in " + format_age(*storage.next_look_at - status_.now);
    }
    std::string_view label = "storage";
    for (const auto& part : wrap(text, text_columns())) {
      line(label, terminal_.paint(Colour::red, part));
      label = "";
    }
  }

  void print_count(State state) const {
    const auto count = status_.counts.of(state);
    std::string text = pad_left(group_digits(count), number_columns);
    const auto& counts = status_.counts;
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

  void print_totals(const std::vector<std::pair<std::string, std::uint64_t>>& totals) const {
    std::string_view label = "totals";
    std::string text;
    for (const auto& [name, count] : totals) {
      const std::string part = printable(name) + " " + group_digits(count);
      if (!text.empty() && width(text) + 2 + width(part) >= text_columns()) {
        line(label, text + ",");
        label = "";
        text.clear();
      }
      text += (text.empty() ? "" : ", ") + part;
    }
    if (!text.empty()) line(label, text);
  }

  void print_lanes(const std::vector<DaemonReport::Lane>& lanes) const {
    if (lanes.empty()) return;
    std::cout << "\n"
              << terminal_.paint(Colour::bold,
                                 pad("LANE", label_columns) + pad("STATE", 13) + "RUNNING  WAITING  LIMIT")
              << "\n";
    for (const auto& lane : lanes) {
      const bool available = lane.state == "available";
      std::cout << pad(printable(lane.name), label_columns - 1) << " "
                << terminal_.paint(available ? Colour::green : Colour::red, pad(printable(lane.state), 13))
                << pad_left(group_digits(lane.running), 7) << pad_left(group_digits(lane.waiting), 9)
                << pad_left(std::to_string(lane.concurrency), 7) << "\n";
      if (!available) print_outage(lane);
    }
  }

  void print_outage(const DaemonReport::Lane& lane) const {
    std::string text = printable(lane.reason);
    if (lane.since) text += ", since " + format_age(status_.now - *lane.since);
    if (lane.next_probe_at && status_.daemon != 0) {
      text += ", next try in " + format_age(*lane.next_probe_at - status_.now);
    }
    if (text.empty()) return;
    for (const auto& part : wrap(text, text_columns())) line("", part);
  }

  [[nodiscard]] std::size_t text_columns() const {
    return terminal_.is_terminal() ? terminal_.columns() - label_columns : columns_default - label_columns;
  }

  static constexpr std::size_t columns_default = 80;
  static constexpr std::size_t label_columns = 12;
  static constexpr std::size_t number_columns = 9;
  const Status& status_;
  Terminal terminal_;
};

Result<int> run(bool json, Session& session) {
  const auto status = look(session);
  if (!status) return status.error();
  if (json) {
    std::cout << to_text(to_json(*status), 2) << "\n";
  } else {
    Page(*status).print();
  }
  return exit_status::done;
}

}  // namespace

Action define_status(CLI::App& command) {
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "one JSON object");
  command.footer(
      "Counts are of the directories, now; totals and lanes are what the daemon last wrote\n"
      "of itself. Works with the daemon down.\n\n"
      "Examples:\n"
      "  spoolctl status\n"
      "  spoolctl status --json | jq .counts.pending");
  return [json](Session& session) { return run(*json, session); };
}

}  // namespace spoold
