#include "store/bundle_store.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/size.hpp"
#include "entry/entry_format.hpp"
#include "store/placing.hpp"

namespace spoold {

namespace {

// Larger groups would hold the bytes of very many files twice.
constexpr std::size_t staged_at_once = 500;

std::string count_of(std::uint64_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

bool is_same_text(const FileStatus& a, const FileStatus& b) {
  return a.inode == b.inode && a.size == b.size && a.modified == b.modified;
}

// The submitter is kept in each entry, as in a single one. What is no entry stays as it is.
std::string with_submitter(std::string_view text, uid_t owner) {
  std::string copy;
  std::uint64_t lines = 0;
  BundleLines rest(text);
  while (const auto line = rest.next()) {
    for (; lines + 1 < line->number; ++lines) copy += '\n';
    ++lines;
    auto entry = parse_entry(line->text);
    if (!entry) {
      (copy += line->text) += '\n';
      continue;
    }
    entry->document[submitter_field] = owner;
    copy += format_entry(*entry);
  }
  for (const std::uint64_t all = measure_bundle(text).lines; lines < all; ++lines) copy += '\n';
  return copy;
}

}  // namespace

Result<ForeignResult> BundleStore::look_at_foreign(const std::string& file_name) {
  Result<FileJudge::Look> judged = judge(State::pending, file_name, std::nullopt);
  if (!judged) return std::move(judged).error();
  if (const auto* whole = std::get_if<FileJudge::Whole>(&*judged)) {
    return ForeignResult{
        ForeignEntry{leading_priority(file_name).value_or(priority_default), whole->status.modified}};
  }
  if (const auto* young = std::get_if<FileJudge::Young>(&*judged)) {
    return ForeignResult{Unsettled{file_name, young->look_again_at, false}};
  }
  if (auto* refused = std::get_if<FileJudge::Refused>(&*judged)) {
    Result<NoClaim> none = moves_.refuse_foreign(file_name, std::move(*refused));
    if (!none) return std::move(none).error();
    return widen<ForeignResult>(std::move(*none));
  }
  return ForeignResult{Vanished{}};
}

std::optional<std::string> BundleStore::peek(const std::string& file_name) {
  Result<FileContent> content =
      files_.read(layout_.directory(State::pending), file_name, bytes_max_of(parse_entry_name(file_name)));
  if (!content) return std::nullopt;
  return std::move(content->bytes);
}

Result<BundleResult> BundleStore::claim(const std::string& file_name) {
  Bundle bundle;
  if (auto ours = parse_entry_name(file_name)) {
    bundle.name = std::move(*ours);
    bundle.adopted = !bundle.name.label.empty();
  } else {
    Result<std::optional<NoClaim>> none = name_foreign(file_name, bundle);
    if (!none) return std::move(none).error();
    if (*none) return widen<BundleResult>(std::move(**none));
  }
  bundle.name.attempts = std::min(bundle.name.attempts + 1, counted_max);
  bundle.file_name = format_entry_name(bundle.name);

  Result<std::optional<NoClaim>> taken = moves_.take(file_name, bundle.file_name);
  if (!taken) return std::move(taken).error();
  if (*taken) return widen<BundleResult>(std::move(**taken));
  return take_in(std::move(bundle), file_name);
}

// Before the rename, so that what is half-written keeps its name. How many lines it has when it is taken may
// be another matter, so it gets as many numbers as there may be.
Result<std::optional<NoClaim>> BundleStore::name_foreign(const std::string& file_name, Bundle& bundle) {
  Result<FileJudge::Look> judged = judge(State::pending, file_name, std::nullopt);
  if (!judged) return std::move(judged).error();
  const auto as = [](NoClaim none) { return std::optional<NoClaim>{std::move(none)}; };
  if (const auto* young = std::get_if<FileJudge::Young>(&*judged)) {
    return as(Unsettled{file_name, young->look_again_at, false});
  }
  if (auto* refused = std::get_if<FileJudge::Refused>(&*judged)) {
    Result<NoClaim> none = moves_.refuse_foreign(file_name, std::move(*refused));
    if (!none) return std::move(none).error();
    return as(std::move(*none));
  }
  const auto* whole = std::get_if<FileJudge::Whole>(&*judged);
  if (whole == nullptr) return as(Vanished{});
  bundle.name.priority = leading_priority(file_name).value_or(priority_default);
  bundle.name.seq = sequence_.next(std::uint64_t{options_.bundle_lines_max} + 1);
  bundle.name.lines = static_cast<std::uint32_t>(measure_bundle(whole->bytes).lines);
  bundle.name.label = make_label(file_name);
  bundle.adopted = true;
  return std::optional<NoClaim>{};
}

// It lies in processing/ now; it must not stay there unless a Bundle is returned.
Result<BundleResult> BundleStore::take_in(Bundle bundle, const std::string& name_before) {
  Result<FileJudge::Look> judged = judge(State::processing, bundle.file_name, bundle.name);
  if (!judged) return moves_.give_up(bundle.file_name, name_before, std::move(judged).error());

  if (auto* whole = std::get_if<FileJudge::Whole>(&*judged)) {
    bundle.text = std::move(whole->bytes);
    bundle.adopted = bundle.adopted || bundle.text.find(submitter_field) != std::string::npos;
    if (submitters_.may_be_changed_by_others(whole->status)) {
      if (Result<void> copied = make_own_copy(bundle, whole->status); !copied) {
        return moves_.give_up(bundle.file_name, name_before, std::move(copied).error());
      }
    } else if (bundle.adopted) {
      bundle.submitted = whole->status;
    }
    return BundleResult{std::move(bundle)};
  }
  Result<NoClaim> none = Vanished{};
  if (auto* refused = std::get_if<FileJudge::Refused>(&*judged)) {
    none = moves_.refuse(bundle.file_name, name_before, std::move(*refused));
  } else if (const auto* young = std::get_if<FileJudge::Young>(&*judged)) {
    none = moves_.put_back(bundle.file_name, name_before, *young);
  }
  if (!none) return std::move(none).error();
  return widen<BundleResult>(std::move(*none));
}

// A copy of our own tells in each line who sent it, be the line ever so short.
std::uint64_t BundleStore::bytes_max_of(const std::optional<EntryName>& ours) const {
  constexpr std::uint64_t submitter_bytes = 32;
  if (!ours) return options_.bundle_bytes_max;
  return with_room_for_history(options_.bundle_bytes_max) +
         submitter_bytes * std::min<std::uint64_t>(ours->lines, options_.bundle_lines_max);
}

Result<FileJudge::Look> BundleStore::judge(State state, const std::string& file_name,
                                           const std::optional<EntryName>& ours) {
  Result<FileJudge::Look> looked = judge_.look(state, file_name, bytes_max_of(ours));
  if (!looked) return looked;
  if (auto* refused = std::get_if<FileJudge::Refused>(&*looked)) {
    if (refused->too_large) refused->reason += " for a bundle (queue.max_bundle_bytes)";
    return looked;
  }
  auto* whole = std::get_if<FileJudge::Whole>(&*looked);
  if (whole == nullptr) return looked;
  if (auto fault = find_fault(measure_bundle(whole->bytes), ours)) {
    return judge_.young_or<FileJudge::Look>(whole->status, std::move(*fault));
  }
  if (const auto young = judge_.young(whole->status)) {
    const bool unfinished =
        whole->bytes.back() != '\n' || (!ours && may_be_unfinished(state, file_name, *whole));
    if (unfinished) return FileJudge::Look{*young};
  }
  return looked;
}

// What a bundle begins with is a bundle too, if it ends with a line: only who writes it knows whether it is
// whole.
bool BundleStore::may_be_unfinished(State state, const std::string& file_name,
                                    const FileJudge::Whole& found) {
  const Directory directory = layout_.directory(state);
  const Result<bool> open = files_.is_open_for_writing(directory, file_name);
  // It was renamed after the last write, unless both were in one tick of the clock.
  if (!open) return found.status.changed == found.status.modified;
  if (*open) return true;
  const Result<FileStatus> now = files_.status(directory, file_name);  // it may have been closed just now
  return !now || !is_same_text(*now, found.status);
}

std::optional<std::string> BundleStore::find_fault(const BundleShape& shape,
                                                   const std::optional<EntryName>& ours) const {
  if (ours && shape.lines != ours->lines) {
    return "it has " + count_of(shape.lines, "line") + ", but its name says " + std::to_string(ours->lines) +
           ": it is not whole, or somebody changed it";
  }
  // Recovery may find that all of them have left it.
  const bool left_by_all = ours && ours->crashes > 0 && shape.lines > 0;
  if (shape.entries == 0 && !left_by_all) return "a bundle without an entry: every line is empty";
  if (shape.lines > options_.bundle_lines_max) {
    return "it has " + count_of(shape.lines, "line") + ", the limit is " +
           std::to_string(options_.bundle_lines_max) + " (queue.max_bundle_lines): split it";
  }
  return std::nullopt;
}

Result<void> BundleStore::make_own_copy(Bundle& bundle, const FileStatus& submitted) {
  bundle.text = with_submitter(bundle.text, submitted.owner);
  SPOOLD_TRY(rewrite(bundle.file_name, bundle.text));
  bundle.adopted = true;
  return {};
}

// The new bytes are on the disk before they take the old ones' name.
Result<void> BundleStore::rewrite(const std::string& file_name, std::string_view text) {
  const Directory processing = layout_.directory(State::processing);
  // A file that a person took away must not come to life a second time here.
  SPOOLD_TRY(files_.status(processing, file_name));
  const Result<std::string> staged = stage_bundle(text);
  if (!staged) return staged.error();
  Result<void> replaced = files_.rename_over(layout_.staging(), *staged, processing, file_name);
  // Should this fail too, the start after 36 hours removes it.
  if (!replaced) static_cast<void>(files_.remove(layout_.staging(), *staged));
  return replaced;
}

Result<std::string> BundleStore::stage_bundle(std::string_view text) {
  std::string name = format_id(sequence_.next()) + ".jsonl";
  SPOOLD_TRY(
      files_.write_new(layout_.staging(), name, text, submitters_.file_mode(), Durability::before_names));
  return name;
}

// Until the bundle is written anew, a line that has left it is in two places; what tells them for the same is
// its number. Recovery looks for these numbers, so the bundle must lie in processing/, durably, before any of
// them is seen, and must be without them, durably, before it leaves.
Result<void> BundleStore::split_out(Bundle& bundle, std::span<SplitOut> splits) {
  if (splits.empty()) return {};
  Result<void> done = take_back_doubtful(splits);
  if (done) done = stage(splits);
  if (done) done = let_leave(bundle, splits);
  if (!done) discard_staged(splits);
  return done;
}

Result<std::optional<Condemned>> BundleStore::set_aside_if_written_to(Bundle& bundle) {
  if (!bundle.submitted) return std::optional<Condemned>{};
  const Directory processing = layout_.directory(State::processing);
  const Result<FileStatus> now = files_.status(processing, bundle.file_name);
  if (!now && now.error().kind != ErrorKind::not_found) return now.error();
  if (!now || is_same_text(*now, *bundle.submitted)) {
    bundle.submitted.reset();
    return std::optional<Condemned>{};
  }
  // First what may fail for want of space.
  const Result<std::string> staged = stage_bundle(bundle.text);
  if (!staged) return staged.error();
  const std::string reason = "it was written to after it was claimed: its first " +
                             count_of(measure_bundle(bundle.text).lines, "line") + " were taken as bundle " +
                             format_id(bundle.name.seq) +
                             ", what follows them was not; write aside and rename";
  Result<std::string> aside = put_aside(files_, layout_, State::processing, bundle.file_name,
                                        bundle.file_name, reason, submitters_.file_mode(), sequence_);
  if (!aside) {
    static_cast<void>(files_.remove(layout_.staging(), *staged));
    return aside.error();
  }
  bundle.submitted.reset();
  SPOOLD_TRY(files_.rename_new(layout_.staging(), *staged, processing, bundle.file_name));
  return std::optional{Condemned{std::move(*aside), reason}};
}

bool BundleStore::is_taken_away(const Bundle& bundle) {
  const Result<FileStatus> status = files_.status(layout_.directory(State::processing), bundle.file_name);
  return !status && status.error().kind == ErrorKind::not_found;
}

// A second sync of names that one has failed for is not believed: they go, and their lines, which the bundle
// still holds, leave once more as other files under other names.
Result<void> BundleStore::take_back_doubtful(std::span<SplitOut> splits) {
  for (SplitOut& split : splits) {
    if (split.synced != SplitOut::Sync::failed) continue;
    const Directory directory = layout_.directory(split.to);
    const Result<void> removed = files_.remove(directory, split.placed_as);
    if (!removed && removed.error().kind != ErrorKind::not_found) return removed.error();
    split.synced = SplitOut::Sync::none;
    if (!removed) continue;  // it has moved on, which is an operation of its own
    if (split.to == State::corrupt) {
      static_cast<void>(files_.remove(directory, reason_name(split.placed_as)));
    }
    if (auto name = parse_entry_name(numbered_name(split.placed_as, 2))) split.name = std::move(*name);
    split.staged.clear();
    split.placed_as.clear();
  }
  return {};
}

Result<void> BundleStore::let_leave(Bundle& bundle, std::span<SplitOut> splits) {
  const Directory processing = layout_.directory(State::processing);
  // Of a bundle that a person took away nothing is left behind.
  SPOOLD_TRY(files_.status(processing, bundle.file_name));
  SPOOLD_TRY(files_.sync_directory(processing));
  std::vector<std::uint32_t> lines;
  for (SplitOut& split : splits) {
    if (split.placed_as.empty()) SPOOLD_TRY(place_one(split));
    lines.push_back(split.line);
  }
  for (const State state : all_states) SPOOLD_TRY(sync_names(splits, state));
  std::string left = without_lines(bundle.text, lines);
  SPOOLD_TRY(rewrite(bundle.file_name, left));
  bundle.text = std::move(left);
  return files_.sync_directory(processing);
}

// Once they are durable the bundle may be without them. A sync that fails leaves in doubt whatever the file
// system had not written yet, in other directories too.
Result<void> BundleStore::sync_names(std::span<SplitOut> splits, State state) {
  const auto waits = [](const SplitOut& split) { return split.synced != SplitOut::Sync::done; };
  const auto waits_here = [&](const SplitOut& split) { return split.to == state && waits(split); };
  if (std::none_of(splits.begin(), splits.end(), waits_here)) return {};
  Result<void> synced = files_.sync_directory(layout_.directory(state));
  for (SplitOut& split : splits) {
    if (synced && waits_here(split)) split.synced = SplitOut::Sync::done;
    if (!synced && waits(split)) split.synced = SplitOut::Sync::failed;
  }
  return synced;
}

// Should this fail too, the start after 36 hours removes it; the error that led here is the one to tell.
void BundleStore::discard_staged(std::span<SplitOut> splits) {
  for (SplitOut& split : splits) {
    if (split.staged.empty() || !split.placed_as.empty()) continue;
    static_cast<void>(files_.remove(layout_.staging(), split.staged));
    split.staged.clear();
  }
}

Result<void> BundleStore::stage(std::span<SplitOut> splits) {
  std::vector<NewFile> files;
  std::vector<SplitOut*> owners;
  const auto write = [&]() -> Result<void> {
    const auto written = files_.write_all_new(layout_.staging(), files, submitters_.file_mode());
    Result<void> all;
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (written[i]) {
        owners[i]->staged = std::move(files[i].name);
      } else if (all) {
        all = written[i];
      }
    }
    files.clear();
    owners.clear();
    return all;
  };
  for (SplitOut& split : splits) {
    if (!split.staged.empty() || !split.placed_as.empty()) continue;
    files.push_back({format_id(sequence_.next()) + ".json", split.bytes});
    owners.push_back(&split);
    if (files.size() == staged_at_once) SPOOLD_TRY(write());
  }
  return write();
}

Result<void> BundleStore::place_one(SplitOut& split) {
  const std::string wanted = format_entry_name(split.name);
  Result<std::string> placed =
      split.to == State::corrupt ? put_aside(files_, layout_, layout_.staging(), split.staged, wanted,
                                             split.reason, submitters_.file_mode(), sequence_)
                                 : place(files_, layout_, layout_.staging(), split.staged, split.to, wanted);
  if (!placed) return placed.error();
  split.placed_as = std::move(*placed);
  return {};
}

Result<void> BundleStore::ack(const Bundle& bundle) {
  auto placed =
      place(files_, layout_, State::processing, bundle.file_name, State::completed, bundle.file_name);
  if (!placed) return placed.error();
  return {};
}

Result<std::string> BundleStore::release(const Bundle& bundle) {
  EntryName name = bundle.name;
  if (name.attempts > 0) --name.attempts;
  return place(files_, layout_, State::processing, bundle.file_name, State::pending, format_entry_name(name));
}

}  // namespace spoold
