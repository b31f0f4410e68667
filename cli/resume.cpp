#include <algorithm>
#include <memory>

#include "config/config.hpp"
#include "exit_status.hpp"
#include "pause_change.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

// Taking one lane out of a pause of all leaves the others paused by name.
void spell_out_all(Pauses& pauses, const KnownLanes& lanes) {
  if (!pauses.all) return;
  for (const auto& name : lanes.names) pauses.lanes.emplace(name, *pauses.all);
  pauses.all.reset();
}

std::string still_paused(const Session& session, const std::string& lane) {
  const std::string& file = session.config->file;
  return "lane " + lane + " is paused by the configuration (backends." + lane + ".paused" +
         (file.empty() ? "" : " in " + file) + "): take that out there and reload";
}

PauseChanged resume_all(Pauses& pauses, const KnownLanes& lanes) {
  const bool none = pauses.empty();
  pauses = {};
  std::string text = none ? "no lane was paused" : "resumed all lanes";
  for (const auto& lane : lanes.paused_by_configuration) {
    text += "; lane " + lane + " stays paused by the configuration";
  }
  return {text};
}

PauseChanged resume_one(Pauses& pauses, const KnownLanes& lanes, const std::string& lane,
                        const Session& session) {
  const bool was_paused = pauses.of(lane) != nullptr;
  // One that is paused and no longer configured is let go all the same.
  if (!lanes.has(lane) && !pauses.lanes.contains(lane)) {
    return {explain_no_lane(lanes, lane), exit_status::usage};
  }
  spell_out_all(pauses, lanes);
  pauses.lanes.erase(lane);
  const auto& by_configuration = lanes.paused_by_configuration;
  if (std::find(by_configuration.begin(), by_configuration.end(), lane) != by_configuration.end()) {
    return {still_paused(session, lane), exit_status::not_found};
  }
  return {was_paused ? "resumed lane " + lane : "lane " + lane + " was not paused"};
}

Result<int> run(const std::string& lane, Session& session) {
  const auto change = [&](Pauses& pauses, const KnownLanes& lanes) -> PauseChanged {
    if (means_all(lane, lanes)) return resume_all(pauses, lanes);
    return resume_one(pauses, lanes, lane, session);
  };
  return change_pauses(session, lane.empty() || lane == "all", change);
}

}  // namespace

Action define_resume(CLI::App& command) {
  const auto lane = std::make_shared<std::string>();
  command.add_option("LANE", *lane, "a lane (the name of a backend); none, or \"all\": every lane");
  command.footer(
      "Takes back what 'spoolctl pause' did; of a pause of all lanes also for one alone.\n"
      "Exit status: 1 the configuration pauses that lane, and does so still.\n\n"
      "Examples:\n"
      "  spoolctl resume llama\n"
      "  spoolctl resume");
  return [lane](Session& session) { return run(*lane, session); };
}

}  // namespace spoold
