#include "os/journal_order.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace spoold {

namespace {

std::string numbers_of(dev_t device) {
  return std::to_string(major(device)) + ":" + std::to_string(minor(device));
}

bool is_listed(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::size_t comma = std::min(options.find(','), options.size());
    if (options.substr(0, comma).starts_with(wanted)) return true;
    options.remove_prefix(std::min(comma + 1, options.size()));
  }
  return false;
}

// False too where the mount is not to be seen: /proc of another namespace, or none.
bool is_mounted_without(dev_t device, std::string_view option) {
  std::ifstream mounts{"/proc/self/mountinfo"};
  const std::string numbers = numbers_of(device);
  bool found = false;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields{line};
    std::string id;
    std::string parent;
    std::string of_device;
    fields >> id >> parent >> of_device;
    if (of_device != numbers) continue;
    found = true;
    if (is_listed(line.substr(line.rfind(' ') + 1), option)) return false;
  }
  return found;
}

// The driver lists its journals as DEVICE-INODE, one on a device of its own as that device's name only.
bool has_journal_inside(dev_t device) {
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/sys/dev/block/" + numbers_of(device), error);
  if (error) return false;
  const std::string prefix = link.filename().string() + "-";
  std::filesystem::directory_iterator journals{"/proc/fs/jbd2", error};
  if (error) return false;
  for (; journals != std::filesystem::directory_iterator{}; journals.increment(error)) {
    if (error) return false;
    const std::string name = journals->path().filename().string();
    if (name.size() > prefix.size() && name.starts_with(prefix) &&
        name.find_first_not_of("0123456789", prefix.size()) == std::string::npos) {
      return true;
    }
  }
  return false;
}

bool look(int directory) {
  struct statfs raw {};
  struct stat status {};
  if (::fstatfs(directory, &raw) != 0 || ::fstat(directory, &status) != 0) return false;
  const dev_t device = status.st_dev;
  switch (static_cast<unsigned long>(raw.f_type)) {
    case EXT4_SUPER_MAGIC:
      return has_journal_inside(device) && is_mounted_without(device, "journal_async_commit");
    case XFS_SUPER_MAGIC:
      return is_mounted_without(device, "rtdev=");
    default:
      return false;
  }
}

}  // namespace

bool JournalOrder::holds_in(int directory) {
  const std::lock_guard<std::mutex> lock{mutex_};
  const auto known =
      std::find_if(known_.begin(), known_.end(), [&](const auto& it) { return it.first == directory; });
  if (known != known_.end()) return known->second;
  const bool holds = look(directory);
  known_.emplace_back(directory, holds);
  return holds;
}

int write_out(int fd) {
  // All three, or the kernel would be content with pages that somebody else has begun to write.
  constexpr unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  return ::sync_file_range(fd, 0, 0, flags) == 0 ? 0 : errno;
}

}  // namespace spoold
