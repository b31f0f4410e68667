#pragma once

#include <boost/assert/source_location.hpp>

namespace spoold {

// Checks one of our own invariants, in every build. A false condition is a bug: it is reported on standard
// error with its place and the process aborts, so that no wrong state reaches the disk. Faults of the outside
// world (input, disk, network) are never checked with this; they are an Error.
void ensure(bool condition, const char* invariant,
            const boost::source_location& where = BOOST_CURRENT_LOCATION);

}  // namespace spoold
