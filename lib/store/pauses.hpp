#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "os/file_system.hpp"
#include "store/queue_layout.hpp"

namespace spoold {

// What people have paused: kept in paused.json of the queue's directory, so that it holds over restarts. The
// operator's command writes it, with the daemon up or down; the daemon only reads it.
struct Pause {
  std::string by;  // a name for people
  WallTime since{};
  std::string reason;  // empty where none was given

  friend bool operator==(const Pause&, const Pause&) = default;
};

struct Pauses {
  std::optional<Pause> all;            // every lane, also those of a later configuration
  std::map<std::string, Pause> lanes;  // by name

  // Why a lane is paused: its own pause, else that of all; null if it is not.
  [[nodiscard]] const Pause* of(const std::string& lane) const;
  [[nodiscard]] bool empty() const { return !all && lanes.empty(); }

  friend bool operator==(const Pauses&, const Pauses&) = default;
};

constexpr const char* pauses_name = "paused.json";
constexpr std::size_t pauses_bytes_max = 256 * 1024;

// The bytes of paused.json. Refused with kind invalid: what is wrong, where, and what would be right.
[[nodiscard]] Result<Pauses> parse_pauses(std::string_view bytes);
[[nodiscard]] std::string format_pauses(const Pauses& pauses);

// No file: nothing is paused.
[[nodiscard]] Result<Pauses> read_pauses(FileSystem& files, Directory queue);
// In one step, and durable when this returns. Nothing paused: no file is left. One writer at a time.
[[nodiscard]] Result<void> write_pauses(FileSystem& files, const QueueLayout& layout, const Pauses& pauses);

}  // namespace spoold
