#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/queue_layout.hpp"
#include "support/lying_disk.hpp"

// LyingDisk: the calls of FileSystem, each made of what a kernel would count.

namespace spoold::test {

Result<Directory> LyingDisk::open_directory(const std::string& path) {
  if (path == root_.path()) return Directory{root_fd_};
  return system_error(ENOENT, "open the directory", path);
}

Result<Directory> LyingDisk::open_directory(Directory parent, const std::string& name) {
  if (number_of(parent) != 0) return system_error(ENOENT, "open the directory", name);
  if (name == archive_name) return Directory{real_archive()};
  return Directory{first_handle + number_of(name)};
}

Result<void> LyingDisk::make_directory(Directory, const std::string& name, mode_t) {
  return system_error(EEXIST, "make the directory", name);
}

Result<FileStatus> LyingDisk::status(Directory directory) {
  if (const int number = meet("stat"); number != 0) return system_error(number, "look at", "a directory");
  FileStatus status = status_of(number_of(directory));
  done();
  return status;
}

Result<FileStatus> LyingDisk::status(Directory directory, const std::string& name) {
  if (const int number = meet("stat"); number != 0) return system_error(number, "look at", name);
  const auto file = find(directory, name);
  Result<FileStatus> status = system_error(ENOENT, "look at", name);
  if (file) status = status_of(*file);
  done();
  return status;
}

Result<FileStatus> LyingDisk::status(const std::string& path) {
  if (const int number = meet("stat"); number != 0) return system_error(number, "look at", path);
  const std::string prefix = root_.path() + "/";
  FileStatus status = status_of(path == root_.path() ? 0 : number_of(path.substr(prefix.size())));
  done();
  return status;
}

Result<void> LyingDisk::list(Directory directory, const std::function<bool(std::string_view)>& visit) {
  if (const int number = meet("open"); number != 0) return system_error(number, "list", "a directory");
  done();
  if (const int number = meet("readdir"); number != 0) return system_error(number, "list", "a directory");
  const auto found = names(directories_.at(static_cast<std::size_t>(number_of(directory))));
  done();
  for (const std::string& name : found) {
    if (!visit(name)) break;
  }
  return {};
}

Result<FileContent> LyingDisk::read(Directory directory, const std::string& name, std::uint64_t bytes_max) {
  if (const int number = meet("open"); number != 0) return system_error(number, "open", name);
  const auto file = find(directory, name);
  done();
  if (!file) return system_error(ENOENT, "open", name);
  FileContent content{.bytes = {}, .status = status_of(*file)};
  if (file->bytes.size() > bytes_max) return Error{ErrorKind::too_large, name + " is over the limit"};
  if (const int number = meet("read"); number != 0) return system_error(number, "read", name);
  content.bytes = file->bytes;
  done();
  return content;
}

Result<bool> LyingDisk::is_open_for_writing(Directory, const std::string& name) {
  if (const int number = meet("open"); number != 0) return system_error(number, "open", name);
  done();
  return false;
}

// Returns errno. A file that another process reads meanwhile holds what was written so far.
int LyingDisk::write_bytes(const DirectoryJournal::File& file, std::string_view bytes,
                           Durability durability) {
  for (const std::string_view part : {bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2)}) {
    if (const int number = meet("write"); number != 0) return number;
    file->bytes += part;
    if (!part.empty()) file->synced = false;
    file->modified = stamp();
    done();
  }
  if (durability == Durability::before_names && journal_believed_) {
    if (const int number = meet("sync_file_range"); number != 0) return number;
    journal_.write_out(file);
    done();
  } else if (durability != Durability::unsynced) {
    if (const int number = meet("fsync"); number != 0) return number;
    file->synced = true;
    file->kept = file->bytes.size();
    done();
  }
  if (const int number = meet("close"); number != 0) return number;
  done();
  return 0;
}

Result<void> LyingDisk::write_new(Directory directory, const std::string& name, std::string_view bytes,
                                  mode_t, Durability durability) {
  if (const int number = meet("open"); number != 0) return system_error(number, "create", name);
  const DiskName at{number_of(directory), name};
  const bool taken = journal_.seen().count(at) != 0;
  auto file = std::make_shared<DiskFile>(DiskFile{{}, false, stamp(), ++inodes_});
  if (!taken) journal_.link(at, file);
  touch(at.directory);
  done();
  if (taken) return system_error(EEXIST, "create", name);
  const int number = write_bytes(file, bytes, durability);
  if (number == 0) return {};
  // As PosixFileSystem does, whatever comes of it.
  if (meet("unlink") == 0) journal_.unlink(at);
  done();
  return system_error(number, "write", name);
}

Result<void> LyingDisk::append(Directory directory, const std::string& name, std::string_view bytes, mode_t) {
  if (const int number = meet("open"); number != 0) return system_error(number, "open", name);
  auto file = find(directory, name);
  if (!file) {
    file = std::make_shared<DiskFile>(DiskFile{{}, false, stamp(), ++inodes_});
    journal_.link({number_of(directory), name}, file);
    touch(number_of(directory));
  }
  done();
  if (const int number = write_bytes(file, bytes, Durability::synced); number != 0) {
    return system_error(number, "write", name);
  }
  return {};
}

// That the old bytes come back after a power cut is what a cut before the call leaves too.
Result<void> LyingDisk::truncate(Directory directory, const std::string& name, std::uint64_t size) {
  if (const int number = meet("truncate"); number != 0) return system_error(number, "cut", name);
  const auto file = find(directory, name);
  if (file) file->bytes.resize(size);
  if (file) file->kept = std::min<std::size_t>(file->kept, size);
  done();
  if (!file) return system_error(ENOENT, "open", name);
  if (const int number = meet("fsync"); number != 0) return system_error(number, "sync", name);
  file->synced = true;
  file->kept = file->bytes.size();
  done();
  return {};
}

Result<void> LyingDisk::rename(Directory from, const std::string& from_name, Directory to,
                               const std::string& to_name, bool replace) {
  if (const int number = meet("rename"); number != 0) return system_error(number, "rename", from_name);
  const DiskName source{number_of(from), from_name};
  const DiskName target{number_of(to), to_name};
  int number = 0;
  if (journal_.seen().count(source) == 0) {
    number = ENOENT;
  } else if (!replace && journal_.seen().count(target) != 0) {
    number = EEXIST;
  } else {
    journal_.rename(source, target);
    touch(source.directory);
    touch(target.directory);
    tell_of(target);
  }
  done();
  if (number != 0) return system_error(number, "rename", from_name);
  return {};
}

Result<void> LyingDisk::rename_new(Directory from, const std::string& from_name, Directory to,
                                   const std::string& to_name) {
  return rename(from, from_name, to, to_name, false);
}

Result<void> LyingDisk::rename_over(Directory from, const std::string& from_name, Directory to,
                                    const std::string& to_name) {
  return rename(from, from_name, to, to_name, true);
}

Result<void> LyingDisk::remove(Directory directory, const std::string& name) {
  if (const int number = meet("unlink"); number != 0) return system_error(number, "remove", name);
  const DiskName at{number_of(directory), name};
  const bool there = journal_.seen().count(at) != 0;
  if (there) journal_.unlink(at);
  touch(at.directory);
  done();
  if (!there) return system_error(ENOENT, "remove", name);
  return {};
}

Result<void> LyingDisk::sync_directory(Directory directory) {
  if (const int number = meet("fsync"); number != 0) {
    if (!dead_) journal_.fail_sync(number_of(directory));
    Error error = system_error(number, "sync", "a queue directory");
    error.kind = ErrorKind::unknown;
    return error;
  }
  journal_.sync(number_of(directory));
  done();
  return {};
}

Result<FreeSpace> LyingDisk::free_space(Directory) {
  if (const int number = meet("statfs"); number != 0) return system_error(number, "ask for", "free space");
  done();
  return FreeSpace{.bytes = std::uint64_t{1} << 40U, .inodes = ~std::uint64_t{0}};
}

}  // namespace spoold::test
