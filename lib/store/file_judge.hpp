#pragma once

#include <optional>
#include <string>
#include <variant>

#include "os/clock.hpp"
#include "store/store.hpp"
#include "store/submitters.hpp"

namespace spoold {

// Room in a file of ours for the record of its attempts, which its producer cannot have counted in.
[[nodiscard]] constexpr std::uint64_t with_room_for_history(std::uint64_t bytes_max) {
  return bytes_max + bytes_max / 4;
}

// The field that tells a copy of somebody else's file, made by us, and whose it was.
constexpr const char* submitter_field = "submitter_uid";

// Whether a file that somebody put into the queue may be taken, whatever stands in it. One thread.
class FileJudge {
 public:
  // All must outlive it.
  FileJudge(FileSystem& files, const QueueLayout& layout, const Clock& clock,
            std::chrono::nanoseconds settle_time, Submitters& submitters)
      : files_(files), layout_(layout), clock_(clock), settle_time_(settle_time), submitters_(submitters) {}

  struct Whole {  // it may be, as far as this goes
    std::string bytes;
    FileStatus status;
  };
  struct Young {  // half-written, perhaps
    WallTime look_again_at{};
  };
  struct Refused {  // no entry, and will not become one
    std::string reason;
    bool too_large = false;
  };
  using Look = std::variant<Whole, Vanished, Young, Refused>;

  // Reads it once. An Error: the storage's fault.
  [[nodiscard]] Result<Look> look(State state, const std::string& file_name, std::uint64_t bytes_max);

  // What is not whole may still be written, while it is young: the time to look again, if it is.
  [[nodiscard]] std::optional<Young> young(const FileStatus& status) const;
  // Either, with the reason for the latter.
  template <class Verdict>
  [[nodiscard]] Verdict young_or(const FileStatus& status, std::string reason) const {
    if (auto look_again = young(status)) return *look_again;
    return Refused{.reason = std::move(reason)};
  }

  // True for what does not let this user move it to another directory: one such name must not stop the queue.
  [[nodiscard]] bool cannot_be_moved(const std::string& file_name);

 private:
  [[nodiscard]] Result<Look> look_at_unreadable(State state, const std::string& file_name, Error error);
  [[nodiscard]] std::optional<std::string> find_fault(const FileStatus& status);

  FileSystem& files_;
  const QueueLayout& layout_;
  const Clock& clock_;
  std::chrono::nanoseconds settle_time_;
  Submitters& submitters_;
};

}  // namespace spoold
