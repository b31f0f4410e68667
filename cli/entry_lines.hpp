#pragma once

#include <cstdint>
#include <functional>

#include "entry/entry.hpp"
#include "entry_input.hpp"
#include "line_reader.hpp"

namespace spoold {

// Reads JSON Lines: calls `visit` with each line that is not blank and the entry that it is, or what is wrong
// with it, while it returns true. What the queue would refuse later for its size is refused here.
[[nodiscard]] Result<void> each_entry_line(
    const EntryInput& input, std::uint64_t entry_bytes_max,
    const std::function<bool(const LineReader::Line&, Result<Entry>)>& visit);

}  // namespace spoold
