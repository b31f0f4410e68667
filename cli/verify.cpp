#include "store/verify.hpp"

#include <iostream>
#include <memory>
#include <set>

#include "config/config.hpp"
#include "exit_status.hpp"
#include "orphans.hpp"
#include "os/file_lock.hpp"
#include "owner_identity.hpp"
#include "queue_view.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct VerifyCommand {
  bool repair = false;
  bool json = false;
};

// Costs a little time and does no harm: every large cleanup leaves it.
bool is_note(const Finding& finding) {
  return finding.kind == "swollen";
}

class Verification {
 public:
  Verification(const VerifyCommand& command, Session& session)
      : command_(command), session_(session), terminal_(Terminal::of(1)) {}

  [[nodiscard]] Result<int> run() {
    const auto queue = session_.files.open_directory(session_.queue_path);
    if (!queue) return session_.explain_open(queue.error());
    std::optional<FileLock> lock;
    if (command_.repair) {
      SPOOLD_TRY(require_owner(session_));
      auto taken = FileLock::take(queue->handle, lock_name);
      if (!taken) return explain(taken.error());
      lock.emplace(std::move(*taken));
    }
    const bool whole = take(find_directory_problems(session_.files, session_.queue_path));
    if (whole) {
      const auto looked = look_at_files(*queue);
      if (!looked) return looked.error();
    } else {
      complain("what lies in the directories is looked at when these are mended");
    }
    if (!command_.json && found_ == 0) std::cout << printable(session_.queue_path) << " is in order\n";
    if (!command_.json && found_ > 0) print_summary();
    return found_ == mended_ ? exit_status::done : exit_status::not_found;
  }

 private:
  [[nodiscard]] static Error explain(Error error) {
    if (error.kind == ErrorKind::busy) error.context += "; stop it first: repairs are for a queue at rest";
    return error;
  }

  [[nodiscard]] Result<void> look_at_files(Directory queue) {
    const auto layout = QueueLayout::open_for_operator(session_.files, session_.queue_path);
    if (!layout) return session_.explain_open(layout.error());
    auto sequence = Sequence::open(layout->queue(), session_.clock, 0600);
    if (!sequence) return session_.explain_open(sequence.error());
    VerifyOptions options;
    if (!command_.repair) {
      const auto pid = FileLock::holder(queue.handle, lock_name);
      if (!pid) return session_.explain_open(pid.error());
      options.daemon_running = *pid != 0;
    }
    // All at once, at the first of them.
    options.recover = [&, done = std::make_shared<bool>(false)]() -> Result<void> {
      if (std::exchange(*done, true)) return {};
      const auto report = recover_orphans(session_, *layout);
      if (!report) return report.error();
      return {};
    };
    auto findings = find_file_problems(session_.files, *layout, *sequence, session_.clock, options);
    if (!findings) return findings.error();
    take(*findings);
    return {};
  }

  // Tells, and mends where that is asked for. True: all is in order now.
  bool take(const std::vector<Finding>& findings) {
    bool in_order = true;
    for (const auto& finding : findings) {
      const bool note = is_note(finding);
      found_ += note ? 0 : 1;
      std::string trouble;
      bool mended = false;
      if (command_.repair && finding.mend) {
        const auto result = finding.mend();
        // A file with two faults may have gone with the first.
        mended = result || result.error().kind == ErrorKind::not_found;
        if (!mended) trouble = result.error().message();
      }
      mended_ += mended && !note ? 1 : 0;
      in_order = in_order && (mended || note);
      print(finding, mended, trouble);
    }
    return in_order;
  }

  void print(const Finding& finding, bool mended, const std::string& trouble) const {
    if (command_.json) {
      std::cout << to_text(Json{{"kind", finding.kind},
                                {"place", printable(finding.place)},
                                {"problem", finding.problem},
                                {"remedy", finding.remedy},
                                {"repairable", static_cast<bool>(finding.mend)},
                                {"repaired", mended},
                                {"trouble", trouble.empty() ? Json() : Json(trouble)}})
                << "\n";
      return;
    }
    std::string text = printable(finding.place) + ": " + finding.problem;
    if (mended) {
      text += "; mended (" + finding.remedy + ")";
    } else if (!trouble.empty()) {
      text += "; cannot be mended: " + printable(trouble);
    } else {
      text += std::string(finding.mend ? "; --repair: " : "; ") + finding.remedy;
    }
    const Colour colour = mended ? Colour::green : is_note(finding) ? Colour::yellow : Colour::red;
    std::cout << terminal_.paint(colour, pad(finding.kind, 10)) << text << "\n";
  }

  void print_summary() const {
    std::cout << group_digits(found_) << (found_ == 1 ? " problem" : " problems");
    if (command_.repair) std::cout << ", " << group_digits(mended_) << " mended";
    std::cout << "\n";
  }

  const VerifyCommand& command_;
  Session& session_;
  Terminal terminal_;
  std::uint64_t found_ = 0;
  std::uint64_t mended_ = 0;
};

// Root keeps its powers for a repair: only it can give files back to their owner.
Result<int> run(const VerifyCommand& command, Session& session) {
  return Verification(command, session).run();
}

}  // namespace

Action define_verify(CLI::App& command) {
  const auto options = std::make_shared<VerifyCommand>();
  command.add_flag("--repair", options->repair, "mend what can be mended; no daemon may run");
  command.add_flag("--json", options->json, "JSON Lines, one object a problem");
  command.footer(
      "Looks the whole queue over, a line for each problem: directories and their modes, names,\n"
      "owners, ids that are there twice, what lies in processing/ without a daemon, leftovers,\n"
      "directories that are empty but large. Nothing is ever deleted that may be an entry: what\n"
      "has no place goes to corrupt/ with its reason. One that is only 'swollen' is well. Exit status: 0 all "
      "is well (or mended),\n"
      "1 problems are left, 75 --repair while a daemon runs.\n\n"
      "Examples:\n"
      "  spoolctl verify\n"
      "  spoolctl stop && spoolctl verify --repair");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
