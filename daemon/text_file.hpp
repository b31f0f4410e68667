#pragma once

#include <string>

#include "store/queue_layout.hpp"

// Small files for others to read, replaced in one step; not synced, since they are written again soon.

namespace spoold {

// A file of the queue, by way of .tmp/. `staged` is its name there.
[[nodiscard]] Result<void> replace_file(FileSystem& files, const QueueLayout& layout,
                                        const std::string& staged, const std::string& name,
                                        const std::string& text);

// A file anywhere, by way of "<path>.new" beside it; readable for everybody.
[[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace spoold
