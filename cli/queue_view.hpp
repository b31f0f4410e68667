#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "entry/entry_format.hpp"
#include "entry/entry_name.hpp"
#include "session.hpp"
#include "store/queue_layout.hpp"

// A queue as somebody looks at it who is not its daemon: nothing is checked or changed, and directories are
// opened as they are needed, so that root and members of the queue's group can look too.

namespace spoold {

// One file that stands for an entry.
struct EntryFile {
  State state = State::pending;
  std::string file_name;
  std::optional<EntryName> name;  // nothing: a foreign name
  std::uint32_t line = 0;         // of the bundle that the file is, from 1; 0: the file as a whole

  [[nodiscard]] bool is_bundle() const { return line == 0 && is_bundle_file_name(file_name); }
  // Of the entry, or of the line; nothing for a foreign name.
  [[nodiscard]] std::optional<std::uint64_t> id() const {
    return name ? std::optional(name->seq + line) : std::nullopt;
  }
};

// What is in the file of an entry.
struct EntryContent {
  std::optional<Entry> entry;
  std::string problem;  // why there is none: cannot be read, or is no entry
  bool gone = false;    // it was moved or removed meanwhile
  // Of a bundle, which is no entry itself.
  std::uint64_t entries = 0;    // lines that are still in it
  std::string first_operation;  // of the first of them that is an entry
};

// The suffix of the file beside one in corrupt/ that says why it is there.
constexpr std::string_view reason_suffix = ".reason";

class QueueView {
 public:
  // `session` must outlive the view. The Error is already explained.
  [[nodiscard]] static Result<QueueView> open(Session& session);

  [[nodiscard]] const std::string& path() const { return session_->queue_path; }
  [[nodiscard]] Directory queue() const { return queue_; }
  // Opened at the first call.
  [[nodiscard]] Result<Directory> directory(State state);

  // Calls `visit` with the name of each entry's file in a state, in no order, until it returns false.
  [[nodiscard]] Result<void> each(State state, const std::function<bool(std::string_view file_name)>& visit);

  // Kind gone unless the path still leads to the directories that are open.
  [[nodiscard]] Result<void> check_still_there();

  // The text of a bundle, ours or foreign.
  [[nodiscard]] Result<std::string> read_bundle(const EntryFile& file);
  // The bytes as an entry, or as a bundle or its line. Files in corrupt/ are never read: they may be
  // anything.
  [[nodiscard]] EntryContent read(const EntryFile& file);
  // Why a file in corrupt/ is there; empty where nothing says so.
  [[nodiscard]] std::string corrupt_reason(const std::string& file_name);
  // When the entry was put into the queue: its seq says it, or the file's modification time.
  [[nodiscard]] std::optional<WallTime> enqueued_at(const EntryFile& file);

 private:
  QueueView(Session& session, Directory queue) : session_(&session), queue_(queue) {}
  [[nodiscard]] Result<std::string> read_bytes(const EntryFile& file, std::uint64_t bytes_max);

  Session* session_;
  Directory queue_;
  std::array<std::optional<Directory>, all_states.size()> states_{};
};

// The moment a seq was drawn.
[[nodiscard]] WallTime time_of_seq(std::uint64_t seq);

// JSON as this program writes it: names and reasons may hold any bytes.
[[nodiscard]] std::string to_text(const Json& json, int indent = -1);

}  // namespace spoold
