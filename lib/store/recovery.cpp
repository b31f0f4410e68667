#include "store/recovery.hpp"

#include <unistd.h>

#include <algorithm>

#include "entry/bundle.hpp"
#include "store/bundle_recovery.hpp"
#include "store/placing.hpp"

namespace spoold {

namespace {

class Recovery {
 public:
  Recovery(FileSystem& files, const QueueLayout& layout, const Clock& clock, const RecoveryOptions& options)
      : files_(files), layout_(layout), clock_(clock), options_(options) {}

  Result<RecoveryReport> run() {
    // Names first: the directory is not read while it changes. They are as many as were being worked on at
    // once.
    std::vector<std::string> names;
    SPOOLD_TRY(files_.list(processing(), [&](std::string_view name) {
      if (is_entry_file_name(name)) names.emplace_back(name);
      return true;
    }));
    SPOOLD_TRY(mend_bundles(names));
    for (const std::string& name : names) {
      SPOOLD_TRY(bring_back(name));
      note_progress();
    }
    SPOOLD_TRY(sync());
    SPOOLD_TRY(reap_staging());
    return std::move(report_);
  }

 private:
  [[nodiscard]] Directory processing() const { return layout_.directory(State::processing); }

  void note_progress() const {
    if (options_.progress) options_.progress();
  }

  // Lines that had left their bundle before the bundle was written anew: it is done now, durably before the
  // bundle leaves this place, where alone it is looked for.
  Result<void> mend_bundles(const std::vector<std::string>& names) {
    const auto left = find_lines_that_left(files_, layout_, names);
    if (!left) return left.error();
    if (left->empty()) return {};
    // The daemon may have died before it had synced their names, and nothing else holds these lines then.
    for (const State state : all_states) SPOOLD_TRY(files_.sync_directory(layout_.directory(state)));
    for (const auto& [file_name, lines] : *left) {
      const Result<FileStatus> status = files_.status(processing(), file_name);
      if (!status && status.error().kind == ErrorKind::not_found) continue;
      if (!status) return status.error();
      if (status->type != FileType::regular) continue;
      const Result<FileContent> content = files_.read(processing(), file_name, status->size);
      if (!content && content.error().kind == ErrorKind::not_found) continue;
      if (!content) return content.error();
      const std::string text = without_lines(content->bytes, lines);
      if (text != content->bytes) SPOOLD_TRY(rewrite(file_name, text, status->mode));
      note_progress();
    }
    return files_.sync_directory(processing());
  }

  // A bundle cannot be written into. It is taken apart when it has crashed the daemon twice, so one that gets
  // here is to blame as a whole.
  Result<void> bring_back_bundle(const std::string& file_name, const EntryName& crashed) {
    constexpr std::uint32_t taken_apart_at = 2;
    if (crashed.crashes <= std::max(options_.crashes_max, taken_apart_at)) {
      return return_as(file_name, format_entry_name(crashed));
    }
    return fail_as(file_name, format_entry_name(crashed));
  }

  Result<void> bring_back(const std::string& file_name) {
    const auto name = parse_entry_name(file_name);
    if (!name) return return_as(file_name, file_name);
    EntryName crashed = *name;
    crashed.due_ms.reset();
    crashed.crashes = std::min(crashed.crashes + 1, counted_max);
    if (crashed.is_bundle()) return bring_back_bundle(file_name, crashed);
    if (crashed.crashes >= options_.crashes_max) {
      const Result<bool> failed = dead_letter(file_name, crashed);
      if (!failed) return failed.error();
      if (*failed) return {};
    }
    return return_as(file_name, format_entry_name(crashed));
  }

  Result<void> return_as(const std::string& file_name, const std::string& wanted_name) {
    return move(file_name, State::pending, wanted_name, report_.returned);
  }
  Result<void> fail_as(const std::string& file_name, const std::string& wanted_name) {
    return move(file_name, State::failed, wanted_name, report_.failed);
  }

  // What has gone meanwhile, a person took: it is theirs, and no reason not to work.
  Result<void> move(const std::string& file_name, State to, const std::string& wanted_name,
                    std::vector<std::string>& moved) {
    auto placed = place(files_, layout_, State::processing, file_name, to, wanted_name);
    if (placed) {
      moved.push_back(std::move(*placed));
    } else if (placed.error().kind != ErrorKind::not_found) {
      return placed.error();
    }
    return {};
  }

  // False where it cannot be written into: gone, no entry, or not (or not only) this user's file. The claim
  // will judge that, and replace it by a copy that the next recovery can take.
  Result<bool> dead_letter(const std::string& file_name, const EntryName& crashed) {
    const Result<FileStatus> status = files_.status(processing(), file_name);
    if (!status) {
      if (status.error().kind == ErrorKind::not_found) return false;
      return status.error();
    }
    if (status->type != FileType::regular || status->links != 1 || status->owner != ::geteuid()) return false;
    const Result<FileContent> content = files_.read(processing(), file_name, status->size);
    if (!content && content.error().kind == ErrorKind::not_found) return false;
    if (!content) return content.error();
    Result<Entry> entry = parse_entry(content->bytes);
    if (!entry) return false;

    record_attempt(*entry, AttemptRecord{.attempt = crashed.attempts,
                                         .finished_at = clock_.wall_now(),
                                         .outcome = "crashed",
                                         .reason = "the worker died " + std::to_string(crashed.crashes) +
                                                   (crashed.crashes == 1 ? " time" : " times") +
                                                   " while holding this entry"});
    SPOOLD_TRY(rewrite(file_name, format_entry(*entry), status->mode));
    SPOOLD_TRY(fail_as(file_name, format_entry_name(crashed)));
    return true;
  }

  // The staged name is the entry's with its crashes counted: only a recovery that was cut short here can have
  // left one, and what it left is worth nothing.
  Result<void> rewrite(const std::string& file_name, std::string_view text, mode_t mode) {
    const std::string temporary = "recovered_" + file_name;
    static_cast<void>(files_.remove(layout_.staging(), temporary));
    SPOOLD_TRY(files_.write_new(layout_.staging(), temporary, text, mode, Durability::before_names));
    Result<void> replaced = files_.rename_over(layout_.staging(), temporary, processing(), file_name);
    if (!replaced) static_cast<void>(files_.remove(layout_.staging(), temporary));
    return replaced;
  }

  // The count of crashes is what ends an entry that takes the whole machine down, so it must outlive that.
  Result<void> sync() {
    if (!report_.failed.empty()) SPOOLD_TRY(files_.sync_directory(layout_.directory(State::failed)));
    if (!report_.returned.empty()) SPOOLD_TRY(files_.sync_directory(layout_.directory(State::pending)));
    return {};
  }

  Result<void> reap_staging() {
    const WallTime oldest = clock_.wall_now() - options_.staging_age;
    std::vector<std::string> old;
    SPOOLD_TRY(files_.list(layout_.staging(), [&](std::string_view name) {
      note_progress();
      const Result<FileStatus> status = files_.status(layout_.staging(), std::string(name));
      if (status && status->type != FileType::directory && status->modified < oldest) old.emplace_back(name);
      return true;
    }));
    for (const std::string& name : old) {
      // What cannot be removed is litter, and no reason not to work; it is tried again at the next start.
      if (files_.remove(layout_.staging(), name)) ++report_.staging_removed;
    }
    return {};
  }

  FileSystem& files_;
  const QueueLayout& layout_;
  const Clock& clock_;
  const RecoveryOptions& options_;
  RecoveryReport report_;
};

}  // namespace

Result<RecoveryReport> recover(FileSystem& files, const QueueLayout& layout, const Clock& clock,
                               const RecoveryOptions& options) {
  return Recovery{files, layout, clock, options}.run();
}

}  // namespace spoold
