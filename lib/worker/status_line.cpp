#include "worker/status_line.hpp"

#include "entry/entry_name.hpp"

namespace spoold {

namespace {

// A manager keeps one line; a long reason must not push the rest out of sight.
constexpr std::size_t reason_bytes_max = 200;

std::string brief(const std::string& reason) {
  return printable(std::string_view{reason}.substr(0, reason_bytes_max));
}

}  // namespace

std::string status_line(const std::string& state, const Dispatcher& dispatcher, std::size_t deferred,
                        const Counters& this_run) {
  std::string line = state + ": " + std::to_string(dispatcher.waiting_entries()) + " waiting, " +
                     std::to_string(dispatcher.running() + dispatcher.held()) + " running, " +
                     std::to_string(deferred) + " deferred; " + std::to_string(this_run.completed) +
                     " completed and " + std::to_string(this_run.failed) + " failed in this run";
  if (const auto& trouble = dispatcher.storage().trouble()) {
    line += "; the storage is in trouble: " + brief(trouble->reason);
  }
  for (const auto& lane : dispatcher.lanes()) {
    if (dispatcher.is_paused(*lane)) line += "; lane " + lane->name + " is paused";
    if (lane->outage) line += "; lane " + lane->name + " is unavailable: " + brief(lane->outage->reason);
  }
  return line;
}

}  // namespace spoold
