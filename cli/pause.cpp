#include <memory>

#include "exit_status.hpp"
#include "moments.hpp"
#include "pause_change.hpp"
#include "user_name.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct PauseCommand {
  std::string lane;
  std::string reason;
};

constexpr std::size_t pause_reason_bytes_max = 500;

std::string paused_already(const std::string& what, const Pause& pause) {
  return what + " paused already, by " + printable(pause.by) + " since " + format_rfc3339(pause.since);
}

Result<int> run(const PauseCommand& command, Session& session) {
  const Pause pause{user_name(), session.clock.wall_now(), command.reason.substr(0, pause_reason_bytes_max)};
  const auto change = [&](Pauses& pauses, const KnownLanes& lanes) -> PauseChanged {
    if (means_all(command.lane, lanes)) {
      if (pauses.all && command.reason.empty()) return {paused_already("all lanes are", *pauses.all)};
      pauses.all = pause;
      return {"paused all lanes; what runs now may end"};
    }
    if (!lanes.has(command.lane)) return {explain_no_lane(lanes, command.lane), exit_status::usage};
    const auto there = pauses.lanes.find(command.lane);
    if (there != pauses.lanes.end() && command.reason.empty()) {
      return {paused_already("lane " + command.lane + " is", there->second)};
    }
    pauses.lanes[command.lane] = pause;
    return {"paused lane " + command.lane + "; what runs now may end"};
  };
  return change_pauses(session, false, change);
}

}  // namespace

Action define_pause(CLI::App& command) {
  const auto options = std::make_shared<PauseCommand>();
  command.add_option("LANE", options->lane, "a lane (the name of a backend); none, or \"all\": every lane");
  command.add_option("--reason", options->reason, "for whoever wonders why; shown by status and explain")
      ->type_name("TEXT");
  command.footer(
      "A paused lane begins nothing more; its entries wait. In effect at once, and kept over\n"
      "restarts, until 'spoolctl resume'. Works with the daemon down.\n\n"
      "Examples:\n"
      "  spoolctl pause llama --reason 'new model, until Monday'\n"
      "  spoolctl pause");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
