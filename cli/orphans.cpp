#include "orphans.hpp"

#include <filesystem>
#include <thread>

#include "backend/command_reaper.hpp"
#include "config/config.hpp"

namespace spoold {

namespace {

Result<void> end_leftovers(const Session& session) {
  constexpr auto limit = std::chrono::seconds{10};
  const std::string queue = std::filesystem::absolute(session.queue_path);
  const MonotonicTime deadline = session.clock.monotonic_now() + limit;
  for (;;) {
    const auto dying = CommandReaper::of_this_process().kill_leftovers(queue);
    if (dying.empty()) return {};
    if (session.clock.monotonic_now() > deadline) {
      return Error{ErrorKind::busy,
                   "process " + std::to_string(dying.front()) +
                       " of an earlier daemon does not die, and its entry must not run twice"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

}  // namespace

Result<RecoveryReport> recover_orphans(Session& session, const QueueLayout& layout) {
  SPOOLD_TRY(end_leftovers(session));
  RecoveryOptions options;
  options.crashes_max = session.config->worker.crashes_max;
  return recover(session.files, layout, session.clock, options);
}

}  // namespace spoold
