#include <algorithm>
#include <iostream>
#include <memory>

#include "config/config.hpp"
#include "daemon_control.hpp"
#include "entry_finder.hpp"
#include "exit_status.hpp"
#include "explanation.hpp"
#include "lane_names.hpp"
#include "policy/glob.hpp"
#include "store/pauses.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct ExplainCommand {
  std::string reference;
  bool json = false;
};

// Gathers what is known: the files always, the configuration where there is one, the daemon where one runs.
class Gathering {
 public:
  Gathering(Session& session, QueueView& view) : session_(session), view_(view) {}

  [[nodiscard]] Result<Circumstances> about(const EntryFile& file) {
    Circumstances facts;
    facts.entry = report_entry(view_, file);
    const auto pid = daemon_pid(view_);
    if (!pid) return pid.error();
    facts.daemon_runs = *pid != 0;
    if (auto report = latest_daemon_report(session_, view_)) facts.daemon = std::move(*report);
    if (file.state != State::pending && file.state != State::processing) return facts;
    route(facts);
    if (!ask(facts) && file.state == State::pending) SPOOLD_TRY(count_ahead(facts));
    if (file.state == State::pending) SPOOLD_TRY(look_at_pauses(facts));
    return facts;
  }

 private:
  // As the daemon will: the first route that matches; without any, everything goes to the one backend.
  void route(Circumstances& facts) const {
    const auto& config = *session_.config;
    if (facts.entry.operation().empty() || config.backends.empty()) return;
    const auto& routes = config.routes;
    const auto found = std::find_if(routes.begin(), routes.end(), [&](const RouteOptions& each) {
      return glob_matches(each.operation, facts.entry.operation());
    });
    if (found != routes.end()) {
      facts.standing.lane = found->backend;
    } else if (routes.empty() && config.backends.size() == 1) {
      facts.standing.lane = config.backends.front().name;
    } else {
      facts.standing.has_route = false;
    }
  }

  // False where no daemon tells.
  [[nodiscard]] bool ask(Circumstances& facts) const {
    if (!facts.daemon_runs || !facts.entry.file.name) return false;
    const auto answer = ask_daemon(view_, control::Explain{facts.entry.file.name->seq});
    if (!answer) return false;
    const auto text = [&](const Json& object, const char* name) {
      return object.is_object() ? object.value(name, Json()) : Json();
    };
    const auto time = [&](const Json& value) -> std::optional<WallTime> {
      if (!value.is_string()) return std::nullopt;
      const auto parsed = parse_rfc3339(value.get<std::string>());
      return parsed ? std::optional(*parsed) : std::nullopt;
    };
    const auto count = [&](const char* name) {
      const Json value = text(*answer, name);
      return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
    };
    auto& standing = facts.standing;
    const Json is = text(*answer, "is");
    if (is != "running" && is != "waiting") return false;
    standing.from_daemon = true;
    standing.running = is == "running";
    if (const Json lane = text(*answer, "lane"); lane.is_string()) standing.lane = lane.get<std::string>();
    standing.since = time(text(*answer, "since"));
    standing.ahead_of_better_priority = count("ahead_of_better_priority");
    standing.ahead_of_its_priority = count("ahead_of_its_priority");
    const Json its_route = text(*answer, "route");
    if (const Json rate = text(its_route, "rate"); rate.is_string())
      standing.route_rate = rate.get<std::string>();
    standing.route_next_start = time(text(its_route, "next_start_at"));
    return true;
  }

  // By the names in pending/, whatever their lane.
  [[nodiscard]] Result<void> count_ahead(Circumstances& facts) {
    const int priority = facts.entry.priority();
    const auto& own = facts.entry.file.name;
    return view_.each(State::pending, [&](std::string_view file_name) {
      const auto name = parse_entry_name(file_name);
      if (!name) return true;
      if (name->priority < priority) facts.standing.ahead_of_better_priority += name->entries();
      if (own && name->priority == priority && name->seq < own->seq)
        facts.standing.ahead_of_its_priority += name->entries();
      return true;
    });
  }

  [[nodiscard]] Result<void> look_at_pauses(Circumstances& facts) {
    const auto pauses = read_pauses(session_.files, view_.queue());
    if (!pauses) return pauses.error();
    const Pause* pause = pauses->of(facts.standing.lane);
    if (pause != nullptr) facts.paused = {pause->by, pause->since, pause->reason};
    const auto lanes = known_lanes(session_, view_);
    if (!lanes || facts.paused) return {};
    const auto& by_configuration = lanes->paused_by_configuration;
    if (std::find(by_configuration.begin(), by_configuration.end(), facts.standing.lane) !=
        by_configuration.end()) {
      facts.paused = {"the configuration", std::nullopt, ""};
    }
    return {};
  }

  Session& session_;
  QueueView& view_;
};

Json to_json(const Circumstances& facts, const Explanation& explanation) {
  const auto& standing = facts.standing;
  const auto id = facts.entry.file.id();
  return {{"id", id ? Json(format_id(*id)) : Json()},
          {"state", to_string(facts.entry.file.state)},
          {"because", explanation.because},
          {"sentence", explanation.sentence},
          {"until", explanation.until ? Json(format_rfc3339(*explanation.until)) : Json()},
          {"lane", standing.lane.empty() ? Json() : Json(standing.lane)},
          {"ahead_of_better_priority", standing.ahead_of_better_priority},
          {"ahead_of_its_priority", standing.ahead_of_its_priority}};
}

Result<int> run(const ExplainCommand& command, Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto found = find_entries(*view, command.reference);
  if (!found) return found.error();
  if (found->empty()) return fail(exit_status::not_found, explain_not_found(*view, command.reference));
  Gathering gathering(session, *view);
  for (const auto& file : *found) {
    const auto facts = gathering.about(file);
    if (!facts) return facts.error();
    const auto explanation = explain(*facts, session.clock.wall_now());
    if (command.json) {
      std::cout << to_text(to_json(*facts, explanation)) << "\n";
    } else {
      std::cout << printable(facts->entry.reference()) << " ("
                << (file.line > 0 ? describe_line(file) : std::string(to_string(file.state)))
                << "): " << explanation.sentence << "\n";
    }
  }
  return exit_status::done;
}

}  // namespace

Action define_explain(CLI::App& command) {
  const auto options = std::make_shared<ExplainCommand>();
  command.add_option("ID", options->reference, "an id, a file's name, or the name it was dropped under")
      ->required();
  command.add_flag("--json", options->json, "one JSON object");
  command.footer(
      "One sentence: what the entry waits for, and when it goes on where that is known. Works\n"
      "with the daemon down, from the files and the configuration.\n"
      "Exit status 1: there is no such entry in any state.\n\n"
      "Examples:\n"
      "  spoolctl explain 01767328963000050032\n"
      "  spoolctl explain nightly-report.json --json | jq -r .because");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
