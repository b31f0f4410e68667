#pragma once

#include <source_location>

namespace spoold {

// Checks one of our own invariants, in every build. A false condition is a bug: it is reported on standard
// error with its place and the process aborts, so that no wrong state reaches the disk. Faults of the outside
// world (input, disk, network) are never checked with this; they are an Error.
void ensure(bool condition, const char* invariant,
            std::source_location where = std::source_location::current());

}  // namespace spoold
