#pragma once

#include <string>
#include <string_view>

#include "store/queue_layout.hpp"
#include "store/sequence.hpp"

// Moving entries without ever replacing one.

namespace spoold {

// The n-th spelling of a name that may be taken: itself for 1; else the label numbered in a name of ours
// ("05_…~2.json", "05_…~foo.2.json"), so that the id and the counts stay what they are, and the stem in any
// other ("foo.2.json"). At most `bytes_max` bytes.
[[nodiscard]] std::string numbered_name(const std::string& file_name, std::uint64_t n,
                                        std::size_t bytes_max = 255);

// The file beside one in corrupt/ that says why it is there.
[[nodiscard]] bool is_reason(std::string_view file_name);
[[nodiscard]] std::string reason_name(std::string_view file_name);
[[nodiscard]] std::string explained_name(std::string_view reason_name);  // REQUIRES: is_reason

// Moves `from_name` to another state as `wanted_name`, or as the first numbered spelling that is free. Two
// entries of one name and id are a person's doing (a copied file); neither is lost, and the ledger knows them
// for the same. Returns the name there. Source gone: not_found.
[[nodiscard]] Result<std::string> place(FileSystem& files, const QueueLayout& layout, State from,
                                        const std::string& from_name, State to,
                                        const std::string& wanted_name);
[[nodiscard]] Result<std::string> place(FileSystem& files, const QueueLayout& layout, Directory from,
                                        const std::string& from_name, State to,
                                        const std::string& wanted_name);

// Moves what is no entry to corrupt/, under its name or a numbered one, with NAME.reason beside it: one line
// for people. The reason is written and synced first, so that no file lies in corrupt/ unexplained; a crash
// between the two leaves a reason alone, which the next condemnation of that name replaces. On an Error the
// file stays where it was. Returns the name in corrupt/.
[[nodiscard]] Result<std::string> put_aside(FileSystem& files, const QueueLayout& layout, State from,
                                            const std::string& from_name, const std::string& wanted_name,
                                            const std::string& reason, mode_t reason_mode,
                                            Sequence& sequence);
[[nodiscard]] Result<std::string> put_aside(FileSystem& files, const QueueLayout& layout, Directory from,
                                            const std::string& from_name, const std::string& wanted_name,
                                            const std::string& reason, mode_t reason_mode,
                                            Sequence& sequence);

}  // namespace spoold
