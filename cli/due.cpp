#include <iostream>

#include "entry/entry_name.hpp"
#include "exit_status.hpp"
#include "store/placing.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct DueCommand {
  bool quiet = false;
};

struct Deferred {
  std::vector<EntryName> due;
  std::optional<std::int64_t> next_ms;  // of what is not due yet
};

Result<Deferred> look(Session& session, const QueueLayout& layout, std::int64_t now_ms) {
  Deferred found;
  SPOOLD_TRY(session.files.list(layout.directory(State::deferred), [&](std::string_view file_name) {
    auto name = parse_entry_name(file_name);
    if (!name || !name->due_ms) return true;  // a person's; the daemon puts it right
    if (*name->due_ms <= now_ms) {
      found.due.push_back(std::move(*name));
    } else {
      found.next_ms = std::min(found.next_ms.value_or(*name->due_ms), *name->due_ms);
    }
    return true;
  }));
  return found;
}

Result<std::uint64_t> move_due(Session& session, const QueueLayout& layout,
                               const std::vector<EntryName>& due) {
  std::uint64_t moved = 0;
  for (const EntryName& name : due) {
    EntryName undated = name;
    undated.due_ms.reset();
    const auto placed = place(session.files, layout, State::deferred, format_entry_name(name), State::pending,
                              format_entry_name(undated));
    if (placed) ++moved;
    // The daemon may have been quicker.
    if (!placed && placed.error().kind != ErrorKind::not_found) return placed.error();
  }
  return moved;
}

Result<int> run(const DueCommand& command, Session& session) {
  const auto layout = QueueLayout::open_for_operator(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  const auto now = std::chrono::floor<std::chrono::milliseconds>(session.clock.wall_now());
  const auto found = look(session, *layout, now.time_since_epoch().count());
  if (!found) return found.error();
  const auto moved = move_due(session, *layout, found->due);
  if (!moved) return moved.error();
  if (*moved > 0 || !command.quiet) {
    std::cout << count_entries(*moved) << (*moved == 1 ? " was" : " were") << " due, now in "
              << to_string(State::pending) << "/\n";
  }
  if (found->next_ms && !command.quiet) {
    std::cout << "next at " << format_rfc3339(due_time(*found->next_ms)) << "\n";
  }
  return exit_status::done;
}

}  // namespace

Action define_due(CLI::App& command) {
  const auto options = std::make_shared<DueCommand>();
  command.add_flag("-q,--quiet", options->quiet, "say nothing where nothing was due");
  command.footer(
      "A running daemon does this by itself. It is for a timer (spoold-due.timer): what is\n"
      "moved has the path unit start the daemon.\n\n"
      "Examples:\n"
      "  spoolctl due\n"
      "  spoolctl --queue /var/spool/spoold/mail due --quiet");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
