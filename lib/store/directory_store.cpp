#include "store/directory_store.hpp"

#include <algorithm>
#include <limits>

#include "store/placing.hpp"

// DirectoryStore: looking through the directories, and settling claims. claim.cpp has the rest.
//
// Which renames are synced, and why the others need not be. A rename lost in a power cut puts the entry back
// where it was, whole (file systems that journal do both ends of a rename or neither). So the question is
// only what is repeated:
//   claim     seen again in pending/: nothing ran that was not recorded elsewhere; the attempt is not
//   counted.
//             Adopted entries are the exception, since their id is made by this rename: sync_claims().
//   ack       runs again; SQLite's ledger knows it. Receipts of HTTP and commands are synced: sync_acks().
//   defer     runs again a little early; its effect did not take place. A sync for each of 100,000 retries
//   after
//             an outage would cost more than that.
//   failed, cancelled
//             a person or program was told that it is over, so it is synced, one by one: they are rare.
//   release, postpone, make_due
//             the same step is taken again at the next start.

namespace spoold {

namespace {

EntryName without_this_attempt(EntryName name) {
  if (name.attempts > 0) --name.attempts;
  return name;
}

}  // namespace

DirectoryStore::DirectoryStore(FileSystem& files, const QueueLayout& layout, Sequence& sequence,
                               const Clock& clock, StoreOptions options)
    : files_(files),
      layout_(layout),
      sequence_(sequence),
      options_(std::move(options)),
      submitters_(files, layout, options_.allow_uids),
      judge_(files, layout, clock, options_.settle_time, submitters_),
      moves_(files, layout, sequence, clock, submitters_, judge_),
      bundles_(files, layout, sequence, options_, submitters_, judge_, moves_) {}

Result<void> DirectoryStore::scan_pending(const std::function<void(std::string_view)>& visit) {
  return files_.list(layout_.directory(State::pending), [&](std::string_view name) {
    if (is_entry_file_name(name)) visit(name);
    return true;
  });
}

Result<std::optional<std::string>> DirectoryStore::find_any_pending() {
  std::optional<std::string> found;
  SPOOLD_TRY(files_.list(layout_.directory(State::pending), [&](std::string_view name) {
    if (!name.starts_with('.')) found.emplace(name);
    return !found;
  }));
  return found;
}

Result<void> DirectoryStore::scan_deferred(const std::function<void(const EntryName&)>& visit) {
  std::vector<std::string> strays;
  SPOOLD_TRY(files_.list(layout_.directory(State::deferred), [&](std::string_view file_name) {
    if (!is_entry_file_name(file_name)) return true;
    const auto name = parse_entry_name(file_name);
    if (name && name->due_ms) {
      visit(*name);
    } else {
      strays.emplace_back(file_name);
    }
    return true;
  }));
  for (const std::string& stray : strays) {
    const auto moved = place(files_, layout_, State::deferred, stray, State::pending, stray);
    if (!moved && moved.error().kind != ErrorKind::not_found) return moved.error();
  }
  return {};
}

Result<void> DirectoryStore::sync_claims() {
  return files_.sync_directory(layout_.directory(State::processing));
}

Result<void> DirectoryStore::ack(const Claim& claim, const Json& receipt) {
  if (!receipt.is_null()) {
    Entry entry = claim.entry;
    record_receipt(entry, receipt, claim.name.attempts);
    SPOOLD_TRY(rewrite(claim.file_name, entry));
  }
  return move_to_completed(claim);
}

std::vector<Result<void>> DirectoryStore::ack_all(const std::vector<Acknowledgement>& acks) {
  std::vector<Result<void>> results;
  results.reserve(acks.size());
  std::vector<NewFile> receipts;
  for (const auto& [claim, receipt] : acks) {
    // A file that a person took away must not come to life a second time: see rewrite().
    const auto there = files_.status(layout_.directory(State::processing), claim->file_name);
    results.push_back(there ? Result<void>{} : Result<void>{there.error()});
    if (!there) continue;
    Entry entry = claim->entry;
    record_receipt(entry, *receipt, claim->name.attempts);
    receipts.push_back({staging_name(), format_entry(entry)});
  }
  const std::vector<Result<void>> written =
      files_.write_all_new(layout_.staging(), receipts, submitters_.file_mode());
  std::size_t next = 0;
  for (std::size_t i = 0; i < acks.size(); ++i) {
    if (!results[i]) continue;
    const std::size_t receipt = next++;
    results[i] = written[receipt];
    if (results[i]) results[i] = replace(acks[i].claim->file_name, receipts[receipt].name);
    if (results[i]) results[i] = move_to_completed(*acks[i].claim);
  }
  return results;
}

Result<void> DirectoryStore::move_to_completed(const Claim& claim) {
  Result<void> moved = files_.rename_new(layout_.directory(State::processing), claim.file_name,
                                         layout_.directory(State::completed), claim.file_name);
  if (moved || moved.error().kind != ErrorKind::exists) return moved;
  SPOOLD_TRY(place(files_, layout_, State::processing, claim.file_name, State::completed, claim.file_name));
  return {};
}

Result<void> DirectoryStore::sync_acks() {
  return files_.sync_directory(layout_.directory(State::completed));
}

Result<EntryName> DirectoryStore::defer(const Claim& claim, WallTime due, const AttemptRecord& record) {
  Entry entry = claim.entry;
  record_attempt(entry, record);
  SPOOLD_TRY(rewrite(claim.file_name, entry));
  return move_to_deferred(claim, claim.name, due);
}

Result<std::optional<EntryName>> DirectoryStore::bring_forward(const EntryName& name, WallTime due) {
  EntryName sooner = name;
  sooner.due_ms = due_ms_of(due);
  const auto placed = place(files_, layout_, State::deferred, format_entry_name(name), State::deferred,
                            format_entry_name(sooner));
  if (placed) return parse_entry_name(*placed);
  if (placed.error().kind == ErrorKind::not_found) return std::optional<EntryName>{};
  return placed.error();
}

Result<EntryName> DirectoryStore::postpone(const Claim& claim, WallTime due) {
  return move_to_deferred(claim, without_this_attempt(claim.name), due);
}

Result<EntryName> DirectoryStore::move_to_deferred(const Claim& claim, EntryName name, WallTime due) {
  name.due_ms = due_ms_of(due);
  const auto placed =
      place(files_, layout_, State::processing, claim.file_name, State::deferred, format_entry_name(name));
  if (!placed) return placed.error();
  auto final_name = parse_entry_name(*placed);
  ensure(final_name.has_value(), "a numbered name of ours is a name of ours");
  return std::move(*final_name);
}

Result<void> DirectoryStore::dead_letter(const Claim& claim, const AttemptRecord& record) {
  return end_for_good(claim, State::failed, record);
}

Result<void> DirectoryStore::cancel(const Claim& claim, const AttemptRecord& record) {
  return end_for_good(claim, State::cancelled, record);
}

Result<void> DirectoryStore::end_for_good(const Claim& claim, State state, const AttemptRecord& record) {
  Entry entry = claim.entry;
  record_attempt(entry, record);
  SPOOLD_TRY(rewrite(claim.file_name, entry));
  SPOOLD_TRY(place(files_, layout_, State::processing, claim.file_name, state, claim.file_name));
  return files_.sync_directory(layout_.directory(state));
}

Result<std::string> DirectoryStore::release(const Claim& claim) {
  return place(files_, layout_, State::processing, claim.file_name, State::pending,
               format_entry_name(without_this_attempt(claim.name)));
}

Result<std::optional<std::string>> DirectoryStore::make_due(const EntryName& name) {
  EntryName undated = name;
  undated.due_ms.reset();
  auto placed = place(files_, layout_, State::deferred, format_entry_name(name), State::pending,
                      format_entry_name(undated));
  if (placed) return std::optional<std::string>{std::move(*placed)};
  if (placed.error().kind == ErrorKind::not_found) return std::optional<std::string>{};
  return placed.error();
}

// Lists where an entry comes from before where it goes, should a person move it meanwhile. What the daemon
// moves it moves on this very thread.
Result<std::uint64_t> DirectoryStore::oldest_live() {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const State state : {State::deferred, State::processing, State::pending}) {
    SPOOLD_TRY(files_.list(layout_.directory(state), [&](std::string_view file_name) {
      // A foreign name gets its seq from its claim, and the ledger knows nothing of it yet.
      if (const auto name = parse_entry_name(file_name)) oldest = std::min(oldest, name->seq);
      return true;
    }));
  }
  return oldest;
}

// Where entries went before where they left: should only the first be durable, an entry is found in its new
// place.
Result<void> DirectoryStore::sync_all() {
  for (const State state : {State::completed, State::processing, State::pending, State::deferred}) {
    SPOOLD_TRY(files_.sync_directory(layout_.directory(state)));
  }
  return {};
}

Result<std::uint64_t> DirectoryStore::count(State state) {
  std::uint64_t count = 0;
  SPOOLD_TRY(files_.list(layout_.directory(state), [&](std::string_view name) {
    if (is_entry_file_name(name)) ++count;
    return true;
  }));
  return count;
}

// The new bytes are on the disk before they take the old ones' name, so that at each instant, and after a
// power cut, the name holds the one or the other whole.
Result<void> DirectoryStore::rewrite(const std::string& file_name, const Entry& entry) {
  // A file that a person took away must not come to life a second time here.
  SPOOLD_TRY(files_.status(layout_.directory(State::processing), file_name));
  const std::string staged = staging_name();
  SPOOLD_TRY(files_.write_new(layout_.staging(), staged, format_entry(entry), submitters_.file_mode(),
                              Durability::before_names));
  return replace(file_name, staged);
}

std::string DirectoryStore::staging_name() {
  return format_id(sequence_.next()) + ".json";
}

Result<void> DirectoryStore::replace(const std::string& file_name, const std::string& staged) {
  Result<void> replaced =
      files_.rename_over(layout_.staging(), staged, layout_.directory(State::processing), file_name);
  // Should this fail too, the start after 36 hours removes it.
  if (!replaced) static_cast<void>(files_.remove(layout_.staging(), staged));
  return replaced;
}

}  // namespace spoold
