#include "entry_move.hpp"

#include "owner_identity.hpp"
#include "store/placing.hpp"

namespace spoold {

Result<EntryMove> EntryMove::open(Session& session) {
  SPOOLD_TRY(require_owner(session));
  auto layout = QueueLayout::open_for_operator(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  return EntryMove(session, std::move(*layout));
}

Result<std::string> EntryMove::retry(const EntryFile& file) {
  std::string wanted = file.file_name;
  if (file.name) {
    auto name = *file.name;
    name.attempts = 0;
    name.crashes = 0;
    name.due_ms.reset();
    wanted = format_entry_name(name);
  }
  auto moved = move(file, State::pending, wanted);
  if (moved && file.state == State::corrupt) {
    const auto removed = session_->files.remove(layout_.directory(State::corrupt),
                                                file.file_name + std::string(reason_suffix));
    if (!removed && removed.error().kind != ErrorKind::not_found) return removed.error();
  }
  return moved;
}

Result<std::string> EntryMove::cancel(const EntryFile& file) {
  std::string wanted = file.file_name;
  if (file.name && file.name->due_ms) {
    auto name = *file.name;
    name.due_ms.reset();
    wanted = format_entry_name(name);
  }
  return move(file, State::cancelled, wanted);
}

Result<std::string> EntryMove::move(const EntryFile& file, State to, const std::string& wanted_name) {
  auto placed = place(session_->files, layout_, file.state, file.file_name, to, wanted_name);
  if (placed) touched_.insert({to, file.state});
  return placed;
}

Result<void> EntryMove::sync() {
  for (const State state : touched_) SPOOLD_TRY(session_->files.sync_directory(layout_.directory(state)));
  touched_.clear();
  return {};
}

}  // namespace spoold
