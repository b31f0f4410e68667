#include "os/block_groups.hpp"

#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace spoold {

namespace {

constexpr int spread_flag = 0x00020000;  // FS_TOPDIR_FL of older and newer headers alike

}  // namespace

bool removals_slow_creation(int directory) {
  struct statfs raw {};
  struct stat status {};
  if (::fstatfs(directory, &raw) != 0 || ::fstat(directory, &status) != 0) return false;
  if (static_cast<unsigned long>(raw.f_type) != EXT4_SUPER_MAGIC) return false;
  std::error_code error;
  const auto link = std::filesystem::read_symlink(
      "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev)),
      error);
  if (error) return false;
  std::ifstream task{"/sys/fs/ext4/" + link.filename().string() + "/journal_task"};
  std::string owner;
  return static_cast<bool>(task >> owner) && owner == "<none>";
}

void spread_directories(int directory) {
  int flags = 0;
  if (::ioctl(directory, FS_IOC_GETFLAGS, &flags) != 0 || (flags & spread_flag) != 0) return;
  flags |= spread_flag;
  static_cast<void>(::ioctl(directory, FS_IOC_SETFLAGS, &flags));
}

}  // namespace spoold
