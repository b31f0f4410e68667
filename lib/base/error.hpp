#pragma once

#include <string>
#include <string_view>

// A fault of the outside world, as a value.
//
// Code branches on `kind`, never on text; people read message(). Library code returns an Error and does not
// log it; the outermost layer (worker, daemon, cli) says it once.

namespace spoold {

enum class ErrorKind {
  not_found,       // no such file or directory
  exists,          // the name is taken
  busy,            // held by somebody else; later may do
  no_space,        // no bytes, inodes or quota left
  read_only,       // the file system does not take writes
  no_permission,   // the process may not
  too_many_files,  // out of descriptors, here or system-wide
  out_of_memory,   //
  wrong_type,      // a symlink, a FIFO, a directory where a regular file was wanted, or the reverse
  too_large,       // over a stated limit
  invalid,         // input that breaks a stated rule; the context says which and where
  gone,            // the queue directory was moved, removed or replaced
  unknown,         // a sync failed: what was written may or may not be durable
  io               // anything else
};

struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string context;  // what was being done, to what, and what would be right; one line
  int number = 0;       // errno, or 0 where the fault is not a system call's

  // One line for a person: the context, then the system's own text where there is one.
  [[nodiscard]] std::string message() const;
};

// Turns errno of a failed system call into an Error. `doing` is a short verb phrase ("rename"), `what` a path
// or name.
[[nodiscard]] Error system_error(int number, std::string_view doing, std::string_view what);

// The word for a kind, as it stands in logs and JSON ("no_space").
[[nodiscard]] std::string_view to_string(ErrorKind kind);

// True for faults of the storage under the queue that a person or time mends (full, read-only, out of
// descriptors, I/O): the worker then stops claiming and tries again, and no entry is blamed.
[[nodiscard]] bool is_storage_trouble(ErrorKind kind);

}  // namespace spoold
