#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entry/bundle.hpp"
#include "store/claim_moves.hpp"

namespace spoold {

// What the scheduler must know of a foreign name in pending/: priority (from a leading N_, else from the
// JSON, else 5) and modification time.
struct ForeignEntry {
  int priority = priority_default;
  WallTime modified{};
};
using ForeignResult = std::variant<ForeignEntry, Vanished, Unsettled, Condemned>;

// DirectoryStore's part for bundles, with its manners. One thread.
class BundleStore {
 public:
  // All must outlive it.
  BundleStore(FileSystem& files, const QueueLayout& layout, Sequence& sequence, const StoreOptions& options,
              Submitters& submitters, FileJudge& judge, ClaimMoves& moves)
      : files_(files),
        layout_(layout),
        sequence_(sequence),
        options_(options),
        submitters_(submitters),
        judge_(judge),
        moves_(moves) {}

  // As those of DirectoryStore. A foreign bundle has the priority of its leading N_, else 5.
  [[nodiscard]] Result<ForeignResult> look_at_foreign(const std::string& file_name);
  // The text of a bundle in pending/; nothing if it cannot be read: the claim will say.
  [[nodiscard]] std::optional<std::string> peek(const std::string& file_name);

  // pending -> processing, attempts + 1. Its lines are counted, not parsed. A foreign one gets its numbers:
  // as many as a bundle may have lines, and one.
  [[nodiscard]] Result<BundleResult> claim(const std::string& file_name);

  // Lines leave a bundle, each to be an entry of its own. Durable when this returns, and `bundle.text` is
  // without them. After an Error it is to be carried out again with the same splits (they know how far each
  // has come) before the bundle is settled. REQUIRES: in the order of their lines. The argument for its order
  // of calls stands in docs/queue.md.
  [[nodiscard]] Result<void> split_out(Bundle& bundle, std::span<SplitOut> splits);
  // Somebody else's file that was written to after its claim goes to corrupt/, since nobody knows what became
  // of the rest, and what was claimed of it takes its place. Nothing: it is as it was. Before any line
  // leaves.
  [[nodiscard]] Result<std::optional<Condemned>> set_aside_if_written_to(Bundle& bundle);
  // Whether somebody took it out of processing/.
  [[nodiscard]] bool is_taken_away(const Bundle& bundle);

  // processing -> completed. All that is left in it took effect, as the ledger remembers.
  [[nodiscard]] Result<void> ack(const Bundle& bundle);
  // processing -> pending under a name with attempts - 1. Returns that name.
  [[nodiscard]] Result<std::string> release(const Bundle& bundle);

  // Of an entry that leaves a bundle: its file's bytes are at most so many.
  [[nodiscard]] std::uint64_t entry_bytes_max() const { return options_.entry_bytes_max; }

 private:
  [[nodiscard]] Result<FileJudge::Look> judge(State state, const std::string& file_name,
                                              const std::optional<EntryName>& ours);
  [[nodiscard]] bool may_be_unfinished(State state, const std::string& file_name,
                                       const FileJudge::Whole& found);
  [[nodiscard]] std::uint64_t bytes_max_of(const std::optional<EntryName>& ours) const;
  [[nodiscard]] std::optional<std::string> find_fault(const BundleShape& shape,
                                                      const std::optional<EntryName>& ours) const;
  [[nodiscard]] Result<std::optional<NoClaim>> name_foreign(const std::string& file_name, Bundle& bundle);
  [[nodiscard]] Result<BundleResult> take_in(Bundle bundle, const std::string& name_before);
  [[nodiscard]] Result<void> make_own_copy(Bundle& bundle, const FileStatus& submitted);
  // A new file in .tmp/, to be moved into processing/. Returns its name.
  [[nodiscard]] Result<std::string> stage_bundle(std::string_view text);
  [[nodiscard]] Result<void> rewrite(const std::string& file_name, std::string_view text);
  [[nodiscard]] Result<void> take_back_doubtful(std::span<SplitOut> splits);
  [[nodiscard]] Result<void> stage(std::span<SplitOut> splits);
  [[nodiscard]] Result<void> let_leave(Bundle& bundle, std::span<SplitOut> splits);
  [[nodiscard]] Result<void> place_one(SplitOut& split);
  [[nodiscard]] Result<void> sync_names(std::span<SplitOut> splits, State state);
  void discard_staged(std::span<SplitOut> splits);

  FileSystem& files_;
  const QueueLayout& layout_;
  Sequence& sequence_;
  const StoreOptions& options_;
  Submitters& submitters_;
  FileJudge& judge_;
  ClaimMoves& moves_;
};

}  // namespace spoold
