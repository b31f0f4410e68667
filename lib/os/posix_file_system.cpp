#include "os/posix_file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <thread>

#include "base/ensure.hpp"

namespace spoold {

namespace {

constexpr std::size_t writers_max = 8;  // files written and synced at the same time
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regular;
  if (S_ISDIR(mode)) return FileType::directory;
  if (S_ISLNK(mode)) return FileType::symlink;
  return FileType::other;
}

// A file may claim any year; nanoseconds in 64 bits end in 2262, so times beyond are held at the ends.
WallTime wall_time(const timespec& raw) {
  constexpr std::int64_t seconds_max = 9'223'372'035;
  const std::int64_t seconds = std::clamp(std::int64_t{raw.tv_sec}, -seconds_max, seconds_max);
  return WallTime{std::chrono::seconds{seconds} + std::chrono::nanoseconds{raw.tv_nsec}};
}

FileStatus status_of(const struct stat& raw) {
  return FileStatus{.type = type_of(raw.st_mode),
                    .size = static_cast<std::uint64_t>(raw.st_size),
                    .device = raw.st_dev,
                    .inode = raw.st_ino,
                    .links = raw.st_nlink,
                    .owner = raw.st_uid,
                    .group = raw.st_gid,
                    .mode = raw.st_mode & 07777U,
                    .modified = wall_time(raw.st_mtim),
                    .changed = wall_time(raw.st_ctim)};
}

std::string arrow(const std::string& from, const std::string& to) {
  return from + " to " + to;
}

// Writes all of it, over short writes and interrupts. Returns errno, 0 if all went.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (written == 0) return EIO;  // no regular file says this; it must not become an endless loop
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// Reads until the end, or one byte past `size`, which tells that the file grew. Returns errno.
int read_all(int fd, std::size_t size, std::string& bytes) {
  bytes.resize(size + 1);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    // A regular file gives all it has: having the stated size, one more read is only needed if the last was
    // short.
    if (filled == size) break;
  }
  bytes.resize(filled);
  return 0;
}

// The first read of a new file would make its inode dirty, only to note when that was: a twentieth of a
// drain. O_NOATIME is for the owner and root (open(2)); somebody else's file is opened without.
UniqueFd open_to_read(Directory directory, const std::string& name) {
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  UniqueFd fd{::openat(directory.handle, name.c_str(), flags | O_NOATIME)};
  if (fd || errno != EPERM) return fd;
  return UniqueFd{::openat(directory.handle, name.c_str(), flags)};
}

}  // namespace

Result<Directory> PosixFileSystem::keep(UniqueFd fd) {
  const Directory directory{fd.get()};
  directories_.push_back(std::move(fd));
  return directory;
}

Result<Directory> PosixFileSystem::open_directory(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), directory_flags)};
  if (!fd) return system_error(errno, "open the directory", path);
  return keep(std::move(fd));
}

Result<Directory> PosixFileSystem::open_directory(Directory parent, const std::string& name) {
  UniqueFd fd{::openat(parent.handle, name.c_str(), directory_flags)};
  if (!fd) return system_error(errno, "open the directory", name);
  return keep(std::move(fd));
}

Result<void> PosixFileSystem::make_directory(Directory parent, const std::string& name, mode_t mode) {
  if (::mkdirat(parent.handle, name.c_str(), 0700) != 0)
    return system_error(errno, "make the directory", name);
  if (::fchmodat(parent.handle, name.c_str(), mode, 0) != 0) {
    return system_error(errno, "set the mode of", name);
  }
  return {};
}

Result<FileStatus> PosixFileSystem::status(Directory directory) {
  struct stat raw {};
  if (::fstat(directory.handle, &raw) != 0) return system_error(errno, "look at", "an open directory");
  return status_of(raw);
}

Result<FileStatus> PosixFileSystem::status(Directory directory, const std::string& name) {
  struct stat raw {};
  if (::fstatat(directory.handle, name.c_str(), &raw, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_error(errno, "look at", name);
  }
  return status_of(raw);
}

Result<FileStatus> PosixFileSystem::status(const std::string& path) {
  struct stat raw {};
  if (::stat(path.c_str(), &raw) != 0) return system_error(errno, "look at", path);
  return status_of(raw);
}

Result<void> PosixFileSystem::list(Directory directory, const std::function<bool(std::string_view)>& visit) {
  // A descriptor of its own: the position of a directory stream is shared by duplicates.
  UniqueFd fd{::openat(directory.handle, ".", directory_flags)};
  if (!fd) return system_error(errno, "open for listing", "a queue directory");
  std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(fd.get()), ::closedir};
  if (!stream) return system_error(errno, "list", "a queue directory");
  [[maybe_unused]] const int owned_by_stream = fd.release();
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (found == nullptr) {
      if (errno != 0) return system_error(errno, "list", "a queue directory");
      return {};
    }
    const std::string_view name{static_cast<const char*>(found->d_name)};
    if (name == "." || name == "..") continue;
    if (!visit(name)) return {};
  }
}

Result<FileContent> PosixFileSystem::read(Directory directory, const std::string& name,
                                          std::uint64_t bytes_max) {
  const UniqueFd fd = open_to_read(directory, name);
  if (!fd) return system_error(errno, "open", name);
  struct stat before {};
  if (::fstat(fd.get(), &before) != 0) return system_error(errno, "look at", name);
  FileContent content{.bytes = {}, .status = status_of(before)};
  if (content.status.type != FileType::regular)
    return Error{ErrorKind::wrong_type, name + " is not a regular file"};
  if (content.status.size > bytes_max) {
    return Error{ErrorKind::too_large, name + " has " + std::to_string(content.status.size) +
                                           " bytes, the limit is " + std::to_string(bytes_max)};
  }
  if (const int number = read_all(fd.get(), content.status.size, content.bytes); number != 0) {
    return system_error(number, "read", name);
  }
  struct stat after {};
  if (::fstat(fd.get(), &after) != 0) return system_error(errno, "look at", name);
  content.changed_while_read =
      content.bytes.size() != content.status.size || after.st_size != before.st_size ||
      after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
  return content;
}

// Who opens it for writing meanwhile waits until the lease is given back, and its holder is sent a signal:
// one that is ignored unless asked for, SIGIO would end the process.
Result<bool> PosixFileSystem::is_open_for_writing(Directory directory, const std::string& name) {
  const UniqueFd fd = open_to_read(directory, name);
  if (!fd) return system_error(errno, "open", name);
  if (::fcntl(fd.get(), F_SETSIG, SIGURG) == 0 && ::fcntl(fd.get(), F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(fd.get(), F_SETLEASE, F_UNLCK);
    return false;
  }
  if (errno == EAGAIN) return true;
  return system_error(errno, "take a lease on", name);
}

// Returns errno, 0 if all went.
int PosixFileSystem::make_durable(int fd, Directory directory, Durability durability) {
  if (durability == Durability::unsynced) return 0;
  if (durability == Durability::before_names && journal_order_->holds_in(directory.handle)) {
    const int number = write_out(fd);
    // A sandbox may not know the call.
    if (number != ENOSYS && number != EPERM) return number;
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

Result<void> PosixFileSystem::write_new(Directory directory, const std::string& name, std::string_view bytes,
                                        mode_t mode, Durability durability) {
  UniqueFd fd{
      ::openat(directory.handle, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd) return system_error(errno, "create", name);
  const auto fail = [&](int number, std::string_view doing) -> Error {
    ::unlinkat(directory.handle, name.c_str(), 0);
    return system_error(number, doing, name);
  };
  if (mode != 0600 && ::fchmod(fd.get(), mode) != 0) return fail(errno, "set the mode of");
  if (const int number = write_all(fd.get(), bytes); number != 0) return fail(number, "write");
  if (const int number = make_durable(fd.get(), directory, durability); number != 0)
    return fail(number, "sync");
  // Over NFS and quotas the error of a write may show only here; a name is given only to what was taken
  // whole.
  if (::close(fd.release()) != 0 && errno != EINTR) return fail(errno, "close");
  return {};
}

Result<void> PosixFileSystem::append(Directory directory, const std::string& name, std::string_view bytes,
                                     mode_t mode_if_made) {
  UniqueFd fd{::openat(directory.handle, name.c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode_if_made)};
  if (!fd) return system_error(errno, "open", name);
  if (const int number = write_all(fd.get(), bytes); number != 0) return system_error(number, "write", name);
  if (::fsync(fd.get()) != 0) return system_error(errno, "sync", name);
  if (::close(fd.release()) != 0 && errno != EINTR) return system_error(errno, "close", name);
  return {};
}

Result<void> PosixFileSystem::truncate(Directory directory, const std::string& name, std::uint64_t size) {
  UniqueFd fd{::openat(directory.handle, name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return system_error(errno, "open", name);
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return system_error(errno, "cut", name);
  if (::fsync(fd.get()) != 0) return system_error(errno, "sync", name);
  return {};
}

std::vector<Result<void>> PosixFileSystem::write_all_new(Directory directory,
                                                         const std::vector<NewFile>& files, mode_t mode) {
  std::vector<Result<void>> results(files.size());
  std::atomic<std::size_t> next = 0;
  const auto write = [&](std::size_t i) -> Result<void> {
    try {
      return write_new(directory, files[i].name, files[i].bytes, mode, Durability::before_names);
    } catch (const std::bad_alloc&) {
      return Error{ErrorKind::out_of_memory, {}};
    }
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) results[i] = write(i);
  };
  {
    std::vector<std::jthread> others;  // joined at the end of this, whatever is thrown
    try {
      while (others.size() + 1 < std::min(files.size(), writers_max)) others.emplace_back(work);
    } catch (const std::exception&) {  // no more threads or memory are to be had: those there are do it
    }
    work();
  }
  return results;
}

Result<void> PosixFileSystem::rename_new(Directory from, const std::string& from_name, Directory to,
                                         const std::string& to_name) {
  if (::renameat2(from.handle, from_name.c_str(), to.handle, to_name.c_str(), RENAME_NOREPLACE) != 0) {
    return system_error(errno, "rename", arrow(from_name, to_name));
  }
  return {};
}

Result<void> PosixFileSystem::rename_over(Directory from, const std::string& from_name, Directory to,
                                          const std::string& to_name) {
  if (::renameat(from.handle, from_name.c_str(), to.handle, to_name.c_str()) != 0) {
    return system_error(errno, "rename", arrow(from_name, to_name));
  }
  return {};
}

Result<void> PosixFileSystem::remove(Directory directory, const std::string& name) {
  if (::unlinkat(directory.handle, name.c_str(), 0) != 0) return system_error(errno, "remove", name);
  return {};
}

Result<void> PosixFileSystem::sync_directory(Directory directory) {
  if (::fsync(directory.handle) == 0) return {};
  Error error = system_error(errno, "sync", "a queue directory");
  error.kind = ErrorKind::unknown;
  return error;
}

Result<FreeSpace> PosixFileSystem::free_space(Directory directory) {
  struct statvfs raw {};
  if (::fstatvfs(directory.handle, &raw) != 0)
    return system_error(errno, "ask for the free space of", "the queue");
  FreeSpace space{.bytes = raw.f_bavail * raw.f_frsize, .inodes = ~std::uint64_t{0}};
  if (raw.f_files != 0) space.inodes = raw.f_favail;
  return space;
}

}  // namespace spoold
