#include "store/cleanup_scan.hpp"

#include <algorithm>
#include <tuple>

#include "entry/entry_name.hpp"
#include "store/placing.hpp"

namespace spoold {

namespace {

// The kernel's clock ticks every few milliseconds: what is settled within one is told apart by its name.
bool older(const CleanupItem& a, const CleanupItem& b) {
  return std::tie(a.settled_at, a.file_name) < std::tie(b.settled_at, b.file_name);
}

// completed/: names of ours alone, since the archive tells entries by their ids. corrupt/ holds anything.
bool is_candidate(State state, std::string_view name) {
  if (state == State::completed) return parse_entry_name(name).has_value();
  if (state == State::corrupt) return !name.starts_with('.');
  return is_entry_file_name(name);
}

// A reason goes with its file, or after it, where a cleanup was cut short between the two.
bool goes_with_its_file(FileSystem& files, Directory directory, std::string_view name) {
  if (!is_reason(name)) return false;
  const auto file = files.status(directory, explained_name(name));
  return file || file.error().kind != ErrorKind::not_found;
}

// True where nothing but age limits a state, and the id in the name tells that the entry is too young.
bool is_surely_young(const KeepOptions& keep, std::string_view file_name, std::optional<WallTime> now) {
  if (keep.count > 0 || keep.bytes > 0) return false;
  if (!now || keep.age <= std::chrono::nanoseconds{0}) return true;
  const auto name = parse_entry_name(file_name);
  return name && WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(name->seq)}} >= *now - keep.age;
}

}  // namespace

Result<std::vector<CleanupItem>> scan_for_cleanup(FileSystem& files, const QueueLayout& layout, State state,
                                                  const KeepOptions& keep, std::optional<WallTime> now,
                                                  std::size_t items_max, const std::atomic<bool>& stop) {
  Kept kept;
  std::vector<CleanupItem> oldest;  // a heap with the youngest of them on top
  const Directory directory = layout.directory(state);
  SPOOLD_TRY(files.list(directory, [&](std::string_view name) {
    if (stop) return false;
    if (!is_candidate(state, name) || is_surely_young(keep, name, now)) return true;
    if (state == State::corrupt && goes_with_its_file(files, directory, name)) return true;
    const auto status = files.status(directory, std::string(name));
    if (!status || status->type == FileType::directory) return true;
    kept.count += entries_in(name);
    kept.bytes += status->size;
    if (oldest.size() == items_max) {
      if (status->changed >= oldest.front().settled_at) return true;
      std::pop_heap(oldest.begin(), oldest.end(), older);
      oldest.pop_back();
    }
    oldest.push_back({std::string(name), status->changed, status->size});
    std::push_heap(oldest.begin(), oldest.end(), older);
    return true;
  }));
  std::sort_heap(oldest.begin(), oldest.end(), older);
  std::size_t going = 0;
  while (going < oldest.size() && goes(keep, kept, oldest[going].settled_at, now)) {
    kept.count -= entries_in(oldest[going].file_name);
    kept.bytes -= oldest[going].bytes;
    ++going;
  }
  oldest.resize(going);
  return oldest;
}

}  // namespace spoold
