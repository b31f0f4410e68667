#pragma once

#include "base/error.hpp"

// How spoolctl ends: documented in docs/spoolctl.md, the numbers of sysexits.h where it has one.

namespace spoold::exit_status {

constexpr int done = 0;
constexpr int not_found = 1;       // no such entry; or entries failed, or problems were found
constexpr int usage = 64;          // the command line is wrong
constexpr int bad_entry = 65;      // what was to be enqueued is no entry
constexpr int no_queue = 66;       // no queue there, or an input file is missing
constexpr int bug = 70;            // ours
constexpr int cannot_create = 73;  // the queue or a database cannot be made; a read-only file system
constexpr int io = 74;
constexpr int try_later = 75;  // queue full, too little space, a daemon holds the queue, time is up
constexpr int unknown = 76;    // a sync failed: enqueue again with the same key
constexpr int no_permission = 77;
constexpr int bad_config = 78;

[[nodiscard]] int of(ErrorKind kind);

}  // namespace spoold::exit_status
