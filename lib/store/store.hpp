#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "entry/entry.hpp"
#include "entry/entry_name.hpp"
#include "store/queue_layout.hpp"

// The words of the store: what a claim is, and what becomes of one.

namespace spoold {

// The right to settle one entry that lies in processing/; move-only, so that settling twice needs a visible
// use after move. Made by DirectoryStore::claim and recovery only.
struct Claim {
  Claim() = default;
  Claim(Claim&&) = default;
  Claim& operator=(Claim&&) = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  EntryName name;         // as it stands in processing/: attempts counts this one
  std::string file_name;  // format_entry_name(name)
  Entry entry;
  std::uint64_t bytes = 0;  // of the file
  bool adopted = false;  // came, now or before, under a foreign name, or as a file that others could change:
                         // what stands in processing/ must be durable (sync_claims) before the entry runs
};

// The right to settle one bundle that lies in processing/, and what stands in it; move-only as a Claim.
struct Bundle {
  Bundle() = default;
  Bundle(Bundle&&) = default;
  Bundle& operator=(Bundle&&) = default;
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  EntryName name;         // as it stands in processing/
  std::string file_name;  // format_entry_name(name)
  std::string text;       // its lines; those that have left it are empty
  bool adopted = false;   // as of a Claim
  // Of the file it was claimed from, while that may be somebody else's and lies in processing/ still.
  std::optional<FileStatus> submitted;
};

// A line that leaves its bundle, to be an entry of its own.
struct SplitOut {
  enum class Sync { none, failed, done };
  std::uint32_t line = 0;
  State to = State::pending;
  EntryName name;      // that it gets there
  std::string bytes;   // of its file
  std::string reason;  // corrupt/ only: why it is there
  // How far its leaving has come.
  std::string staged = {};     // written to .tmp/ under this name
  std::string placed_as = {};  // its name in the state's directory
  Sync synced = Sync::none;    // of that name
};

// A claim that found nothing to run.
struct Vanished {};  // somebody moved or removed it first; no error
struct Unsettled {   // still being written, it seems, or leased, or not to be moved: look again at this time
  std::string file_name;  // in pending/; the one it had, unless that was taken meanwhile
  WallTime look_again_at{};
  bool stuck = false;  // not to be moved: nothing comes of waiting for it
};
struct Condemned {        // moved to corrupt/ with its reason
  std::string file_name;  // in corrupt/: the one it had in pending/, or that numbered
  std::string reason;
};
using ClaimResult = std::variant<Claim, Vanished, Unsettled, Condemned>;
using BundleResult = std::variant<Bundle, Vanished, Unsettled, Condemned>;

struct StoreOptions {
  // A file whose name is one of ours may be a quarter larger: the history that we write into it needs room.
  std::uint64_t entry_bytes_max = 1024 * 1024;
  // Of a bundle. Both are kept in memory while it runs.
  std::uint64_t bundle_bytes_max = 16ULL * 1024 * 1024;
  std::uint32_t bundle_lines_max = 10'000;  // 1 to bundle_lines_most
  std::chrono::nanoseconds settle_time = std::chrono::seconds{2};
  // Owners whose files are taken beside the daemon's own user and root (queue.allow_uids). Where pending/ is
  // group-writable, members of its group are taken too.
  std::vector<uid_t> allow_uids;
};

}  // namespace spoold
