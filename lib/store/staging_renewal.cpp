#include "store/staging_renewal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "os/block_groups.hpp"
#include "os/directory_swap.hpp"
#include "os/posix_file_system.hpp"

namespace spoold {

namespace {

constexpr const char* staging_name = ".tmp";
constexpr std::string_view fresh_prefix = ".tmp-";

// What a renewal that was cut short left in the queue's directory.
Result<void> finish_earlier(FileSystem& files, Directory queue) {
  std::vector<std::string> left;
  SPOOLD_TRY(files.list(queue, [&](std::string_view name) {
    if (name.starts_with(fresh_prefix)) left.emplace_back(name);
    return true;
  }));
  if (left.empty()) return {};
  const auto staging = files.open_directory(queue, staging_name);
  if (!staging) return staging.error();
  for (const auto& name : left) SPOOLD_TRY(finish_swap(files, queue, name, *staging));
  return {};
}

}  // namespace

Result<void> renew_staging(const QueueLayout& layout, std::uint64_t number) {
  PosixFileSystem files;  // its own: directories are opened on the thread that began, and this may be another
  const Directory queue = layout.queue();
  SPOOLD_TRY(finish_earlier(files, queue));
  spread_directories(queue.handle);
  // Another name each time: the group goes by it.
  SPOOLD_TRY(swap_in_fresh_directory(files, queue, staging_name, queue,
                                     std::string(fresh_prefix) + std::to_string(number)));
  const auto fresh = files.open_directory(queue, staging_name);
  if (!fresh) return fresh.error();
  if (::dup3(fresh->handle, layout.staging().handle, O_CLOEXEC) < 0) {
    return system_error(errno, "take over", staging_name);
  }
  return {};
}

}  // namespace spoold
