#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "entry/entry_format.hpp"
#include "os/clock.hpp"
#include "store/bundle_store.hpp"
#include "store/sequence.hpp"
#include "store/store.hpp"
#include "store/submitters.hpp"

namespace spoold {

// The daemon's side of a queue directory: each call is one transition of the state table (docs/queue.md),
// made of system calls in the order argued there. Never logs, never sleeps. One thread at a time; the caller
// holds the queue's lock. Every call leaves the entry in exactly one state directory whatever fails; an Error
// means that the entry stays where it was, except where said otherwise. Nothing is ever replaced: where the
// name is taken in the directory an entry goes to (a person copied a file), its label is numbered. A claim
// that is settled after a person took its file away gives kind not_found.
class DirectoryStore {
 public:
  // All must outlive the store.
  DirectoryStore(FileSystem& files, const QueueLayout& layout, Sequence& sequence, const Clock& clock,
                 StoreOptions options);

  // Calls `visit` with each entry file name of pending/, names of ours and foreign ones, dot-names left out.
  [[nodiscard]] Result<void> scan_pending(const std::function<void(std::string_view file_name)>& visit);
  // The name of anything in pending/, entry or not, dot-names left out; nothing where there is none.
  [[nodiscard]] Result<std::optional<std::string>> find_any_pending();
  // Names of ours with a due time, in deferred/. What has no such name is moved to pending/ (a person's mv),
  // where it finds its way.
  [[nodiscard]] Result<void> scan_deferred(const std::function<void(const EntryName&)>& visit);

  // Unsettled while half-written and young; Vanished if gone; Condemned at once what is no regular,
  // single-linked, owned file.
  using ForeignEntry = spoold::ForeignEntry;
  using ForeignResult = spoold::ForeignResult;
  [[nodiscard]] Result<ForeignResult> look_at_foreign(const std::string& file_name);

  // Reads an entry in pending/ without claiming it, for routing. Nothing if it cannot be read or parsed: the
  // claim will say.
  [[nodiscard]] std::optional<Entry> peek(const std::string& file_name);

  // REQUIRES: no bundle. pending -> processing, attempts + 1; then open, fstat, one read, fstat, close,
  // parse. What turns out to be no entry goes on to corrupt/; what is half-written and young, or cannot be
  // read for a fault of the storage (an Error), goes back to pending/ under its old name. An entry that
  // somebody else could change while it waits for another attempt is replaced by a copy of our own first
  // (`submitter_uid` in it tells whose it was).
  [[nodiscard]] Result<ClaimResult> claim(const std::string& file_name);

  // Tells of a seq found in a name, so that none given out later is below it (`.seq` may have been lost).
  void note_seq(std::uint64_t seen) { sequence_.raise_to(seen); }

  // Makes the claims' names durable (fsync of processing/). Needed before adopted entries run.
  [[nodiscard]] Result<void> sync_claims();

  // processing -> completed. With a receipt the file is rewritten first (write, fsync, rename over, rename).
  [[nodiscard]] Result<void> ack(const Claim& claim, const Json& receipt);
  // The same for several, in less time: all receipts are written (and synced, each before its own rename),
  // then all entries moved. The results are in the order of the claims; one that fails does not touch the
  // others.
  struct Acknowledgement {
    const Claim* claim = nullptr;
    const Json* receipt = nullptr;  // an object
  };
  [[nodiscard]] std::vector<Result<void>> ack_all(const std::vector<Acknowledgement>& acks);
  // Makes acks durable (fsync of completed/): after each batch that has receipts; SQLite's ledger makes it
  // needless there.
  [[nodiscard]] Result<void> sync_acks();
  // processing -> deferred, with the record of the attempt.
  // Returns the name in deferred/. Carried out again after an Error it does not record the attempt twice.
  [[nodiscard]] Result<EntryName> defer(const Claim& claim, WallTime due, const AttemptRecord& record);
  // processing -> deferred untouched: not_before lies in the future; the attempt is not counted.
  [[nodiscard]] Result<EntryName> postpone(const Claim& claim, WallTime due);
  // processing -> failed, with the record; durable when this returns. Error of kind unknown: it lies in
  // failed/, but may be back in processing/ after a power cut; do not settle it again.
  [[nodiscard]] Result<void> dead_letter(const Claim& claim, const AttemptRecord& record);
  // processing -> cancelled, with the record: a person took it back while it ran. Otherwise as dead_letter.
  [[nodiscard]] Result<void> cancel(const Claim& claim, const AttemptRecord& record);
  // processing -> pending under a name with attempts - 1. Returns that name.
  [[nodiscard]] Result<std::string> release(const Claim& claim);

  // What is done with bundles. On the same thread.
  [[nodiscard]] BundleStore& bundles() { return bundles_; }

  // Gives what lies in deferred/ another due time. Returns its new name; nothing if it vanished. Not synced:
  // what a power cut takes back is found and done again.
  [[nodiscard]] Result<std::optional<EntryName>> bring_forward(const EntryName& name, WallTime due);
  // deferred -> pending. Returns the name there; nothing if it vanished.
  [[nodiscard]] Result<std::optional<std::string>> make_due(const EntryName& name);

  // The smallest seq of what may still be attempted: of all in pending/, processing/ and deferred/; the
  // largest number there is where nothing has one. Lists all three. What is below it has left the queue.
  [[nodiscard]] Result<std::uint64_t> oldest_live();
  // Everything that left processing/, pending/, deferred/ and entered completed/ is durable: after this the
  // ledger may forget what was below oldest_live() before it.
  [[nodiscard]] Result<void> sync_all();

  // Files directly in a state's directory whose names are entries' (for counters).
  [[nodiscard]] Result<std::uint64_t> count(State state);

 private:
  // What a look at a file comes to.
  struct Readable {
    Entry entry;
    FileStatus status;
    std::uint64_t bytes = 0;
  };
  using Judgement = std::variant<Readable, Vanished, FileJudge::Young, FileJudge::Refused>;
  [[nodiscard]] Result<Judgement> judge(State state, const std::string& file_name, std::uint64_t bytes_max);
  [[nodiscard]] Result<ClaimResult> take_in(Claim claim, const std::string& name_before);
  [[nodiscard]] Result<void> make_own_copy(Claim& claim, const FileStatus& submitted);
  [[nodiscard]] Result<void> end_for_good(const Claim& claim, State state, const AttemptRecord& record);
  [[nodiscard]] Result<void> rewrite(const std::string& file_name, const Entry& entry);
  [[nodiscard]] Result<void> replace(const std::string& file_name, const std::string& staged);
  [[nodiscard]] Result<void> move_to_completed(const Claim& claim);
  [[nodiscard]] std::string staging_name();
  [[nodiscard]] Result<EntryName> move_to_deferred(const Claim& claim, EntryName name, WallTime due);

  FileSystem& files_;
  const QueueLayout& layout_;
  Sequence& sequence_;
  StoreOptions options_;
  Submitters submitters_;
  FileJudge judge_;
  ClaimMoves moves_;
  BundleStore bundles_;
};

}  // namespace spoold
