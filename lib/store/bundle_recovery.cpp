#include "store/bundle_recovery.hpp"

#include <algorithm>

#include "entry/entry_name.hpp"

namespace spoold {

namespace {

struct Owner {
  EntryName name;
  const std::string* file_name = nullptr;
};

}  // namespace

Result<std::map<std::string, std::vector<std::uint32_t>>> find_lines_that_left(
    FileSystem& files, const QueueLayout& layout, const std::vector<std::string>& file_names) {
  std::map<std::string, std::vector<std::uint32_t>> found;
  std::vector<Owner> owners;
  for (const std::string& file_name : file_names) {
    auto name = parse_entry_name(file_name);
    if (name && name->is_bundle()) owners.push_back({std::move(*name), &file_name});
  }
  if (owners.empty()) return found;
  std::sort(owners.begin(), owners.end(),
            [](const Owner& a, const Owner& b) { return a.name.seq < b.name.seq; });
  for (const State state : all_states) {
    SPOOLD_TRY(files.list(layout.directory(state), [&](std::string_view file_name) {
      const auto name = parse_entry_name(file_name);
      if (!name || name->is_bundle()) return true;
      auto after =
          std::upper_bound(owners.begin(), owners.end(), name->seq,
                           [](std::uint64_t seq, const Owner& owner) { return seq < owner.name.seq; });
      if (after == owners.begin()) return true;
      const Owner& owner = *--after;
      if (name->seq == owner.name.seq || !owner.name.owns(name->seq)) return true;
      found[*owner.file_name].push_back(static_cast<std::uint32_t>(name->seq - owner.name.seq));
      return true;
    }));
  }
  for (auto& [file_name, lines] : found) {
    std::sort(lines.begin(), lines.end());
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  }
  return found;
}

}  // namespace spoold
