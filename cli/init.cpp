#include <iostream>
#include <memory>

#include "config/config.hpp"
#include "exit_status.hpp"
#include "os/file_lock.hpp"
#include "owner_identity.hpp"
#include "queue_view.hpp"
#include "store/queue_check.hpp"
#include "store/sequence.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct InitCommand {
  bool verify = false;
  bool reset = false;
  bool yes = false;
  bool group = false;
};

void say(const std::string& what, bool made) {
  std::cout << (made ? "made    " : "there   ") << printable(what) << "\n";
}

int cannot_make(const std::string& what, const Error& error) {
  return fail(exit_status::cannot_create, "cannot make " + printable(what) + ": " + error.message());
}

// QueueLayout::create() makes one parent; more of them missing looks like a mistyped path.
Error explain_create(const Session& session, Error error) {
  if (error.kind != ErrorKind::not_found) return error;
  return {ErrorKind::not_found, "the directories above it are missing; if the path is right: mkdir -p '" +
                                    session.queue_path.substr(0, session.queue_path.rfind('/')) + "'"};
}

// The directories that are there already; those that cannot be looked at count as missing, and creating them
// says why.
std::vector<bool> look_for_states(Session& session) {
  std::vector<bool> there(all_states.size());
  for (const State state : all_states) {
    there[static_cast<std::size_t>(state)] =
        session.files.status(session.queue_path + "/" + std::string(to_string(state))).has_value();
  }
  return there;
}

// Made now, so that a producer of the group need not.
Result<void> make_sequence(Session& session, bool group) {
  const auto queue = session.files.open_directory(session.queue_path);
  if (!queue) return queue.error();
  const auto sequence = Sequence::open(*queue, session.clock, group ? 0660 : 0600);
  if (!sequence) return sequence.error();
  return {};
}

void tell_directories(const Session& session, bool queue_there, const std::vector<bool>& there) {
  say(session.queue_path + "/", !queue_there);
  for (const State state : all_states) {
    say(session.queue_path + "/" + std::string(to_string(state)) + "/",
        !there[static_cast<std::size_t>(state)]);
  }
}

Result<int> make_queue(const InitCommand& command, Session& session) {
  const QueueModes modes{command.group || session.config->group_may_enqueue};
  const bool queue_there = session.files.status(session.queue_path).has_value();
  const auto there = look_for_states(session);
  int status = exit_status::done;
  if (const auto made = QueueLayout::create(session.files, session.queue_path, modes); !made) {
    status = cannot_make(session.queue_path, explain_create(session, made.error()));
    // All is there but for a mode, which keeps nobody from making the rest.
    if (made.error().kind != ErrorKind::invalid) return status;
  } else if (const auto sequence = make_sequence(session, modes.group_may_enqueue); !sequence) {
    return cannot_make(session.queue_path, sequence.error());
  } else {
    tell_directories(session, queue_there, there);
  }
  for (const auto& backend : session.config->backends) {
    const auto* sqlite = std::get_if<SqliteOptions>(&backend.options);
    if (sqlite == nullptr) continue;
    const auto made = create_sqlite_database(*sqlite);
    if (made) {
      say(sqlite->database + " (database of backend " + backend.name + ")", *made);
    } else {
      status = cannot_make("the database of backend " + backend.name, made.error());
    }
  }
  return status;
}

// Where the configuration lets a group enqueue, the directories have to as well.
void check_group(Session& session, std::vector<std::string>& problems) {
  if (!session.config->group_may_enqueue) return;
  const auto check = [&](const std::string& path, mode_t needed, const char* mend) {
    const auto status = session.files.status(path);
    if (!status || (status->mode & needed) == needed) return;
    problems.push_back(printable(path) + " keeps out the group that queue.group lets enqueue: chmod " + mend +
                       " " + printable(path));
  };
  check(session.queue_path, 0050, "2750");
  for (const std::string_view name :
       {to_string(State::pending), to_string(State::deferred), std::string_view(".tmp")}) {
    check(session.queue_path + "/" + std::string(name), 02070, "2770");
  }
}

void check_databases(Session& session, std::vector<std::string>& problems) {
  for (const auto& backend : session.config->backends) {
    const auto* sqlite = std::get_if<SqliteOptions>(&backend.options);
    if (sqlite == nullptr) continue;
    const auto status = session.files.status(sqlite->database);
    if (status || status.error().kind != ErrorKind::not_found) continue;
    problems.push_back(printable(sqlite->database) + " (database of backend " + backend.name +
                       ") is not there: run spoolctl " + session.selection + " init");
  }
}

int verify_queue(Session& session) {
  auto problems = check_queue(session.files, session.queue_path);
  check_group(session, problems);
  check_databases(session, problems);
  for (const auto& problem : problems) std::cout << problem << "\n";
  if (problems.empty()) std::cout << printable(session.queue_path) << " is in order\n";
  return problems.empty() ? exit_status::done : exit_status::not_found;
}

// Asks on the terminal; anything but y or yes is a no.
bool confirm(const std::string& question) {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Result<int> empty_queue(const InitCommand& command, Session& session) {
  SPOOLD_TRY(require_owner(session));
  const bool can_ask = Terminal::of(0).is_terminal() && Terminal::of(2).is_terminal();
  if (!command.yes && !can_ask) {
    return fail(exit_status::usage, "--reset removes every entry of " + session.queue_path +
                                        " and cannot ask here; add --yes if that is meant");
  }
  const auto layout = QueueLayout::open_for_operator(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  // Held until the end: no daemon may start meanwhile.
  const auto lock = FileLock::take(layout->queue().handle, lock_name);
  if (!lock) return lock.error();
  if (!command.yes && !confirm("Remove every entry of " + printable(session.queue_path) + ", for good?")) {
    return fail(exit_status::not_found, "nothing is removed");
  }
  const auto report = reset_queue(session.files, *layout);
  if (!report) return report.error();
  for (const State state : all_states) {
    if (report->of(state) == 0) continue;
    std::cout << "removed " << count_entries(report->of(state)) << " from " << to_string(state) << "/\n";
  }
  for (const auto& kept : report->kept) std::cout << "left    " << kept << " (a directory)\n";
  std::cout << printable(session.queue_path) << " is empty\n";
  return exit_status::done;
}

Result<int> run(const InitCommand& command, Session& session) {
  if (command.verify) return verify_queue(session);
  if (command.reset) return empty_queue(command, session);
  return make_queue(command, session);
}

}  // namespace

Action define_init(CLI::App& command) {
  const auto options = std::make_shared<InitCommand>();
  auto* verify = command.add_flag("--verify", options->verify, "change nothing; report every problem");
  auto* reset = command.add_flag("--reset", options->reset, "remove every entry, in whatever state");
  command.add_flag("--yes", options->yes, "do not ask")->needs(reset);
  command.add_flag("--group", options->group, "let the group of the directory enqueue (mode 2770)")
      ->excludes(verify)
      ->excludes(reset);
  reset->excludes(verify);
  command.footer(
      "Makes what is missing and leaves alone what is there: the queue's directories and,\n"
      "with a configuration, the SQLite databases of its backends. Exit status: 1 --verify\n"
      "found problems, 73 cannot create, 75 --reset while a daemon holds the queue.\n\n"
      "Examples:\n"
      "  spoolctl --queue /var/spool/spoold/mail init\n"
      "  spoolctl --config /etc/spoold/spoold.yaml init\n"
      "  spoolctl init --verify");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
