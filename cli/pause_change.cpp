#include "pause_change.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <iostream>

#include "daemon_control.hpp"
#include "exit_status.hpp"
#include "owner_identity.hpp"
#include "verb.hpp"

namespace spoold {

namespace {

// Two who change the pauses at the same time take turns: the lock is on the queue's directory itself, and
// goes with the descriptor.
Result<UniqueFd> take_turn(Directory queue) {
  UniqueFd directory{::openat(queue.handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return system_error(errno, "open", "the queue");
  while (::flock(directory.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_error(errno, "lock", "the queue");
  }
  return directory;
}

Result<Pauses> read(Session& session, Directory queue, bool mend) {
  auto pauses = read_pauses(session.files, queue);
  if (pauses || pauses.error().kind != ErrorKind::invalid) return pauses;
  if (mend) return Pauses{};
  return Error{ErrorKind::invalid, pauses.error().message() + "; mend it, or 'spoolctl resume' all lanes"};
}

Result<int> tell_daemon(const QueueView& view, bool news) {
  const auto told = ask_daemon(view, control::RereadPauses{});
  if (told) return exit_status::done;
  if (told.error().kind == ErrorKind::not_found) {
    if (news) std::cout << "no daemon is running: this holds when one starts\n";
    return exit_status::done;
  }
  return fail(
      exit_status::try_later,
      "this is kept, but the daemon could not be told and goes on as before: " + told.error().message());
}

}  // namespace

Result<int> change_pauses(Session& session, bool mend, const PauseChange& change) {
  SPOOLD_TRY(require_owner(session));
  auto view = QueueView::open(session);
  if (!view) return view.error();
  auto layout = QueueLayout::open_for_operator(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  const auto lanes = known_lanes(session, *view);
  if (!lanes) return lanes.error();
  const auto turn = take_turn(layout->queue());
  if (!turn) return turn.error();
  auto pauses = read(session, layout->queue(), mend);
  if (!pauses) return pauses.error();
  const Pauses before = *pauses;
  const PauseChanged done = change(*pauses, *lanes);
  const bool news = *pauses != before;
  if (mend || news) SPOOLD_TRY(write_pauses(session.files, *layout, *pauses));
  if (done.status == exit_status::done) std::cout << done.text << "\n";
  const auto told = tell_daemon(*view, news && done.status == exit_status::done);
  return done.status == exit_status::done ? told : fail(done.status, done.text);
}

bool means_all(const std::string& lane, const KnownLanes& lanes) {
  return lane.empty() || (lane == "all" && !lanes.has("all"));
}

}  // namespace spoold
