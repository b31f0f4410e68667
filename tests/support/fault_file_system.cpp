#include "support/fault_file_system.hpp"

namespace spoold::test {

void FaultFileSystem::fail(std::size_t nth, int number, Times times) {
  fail("", nth, number, times);
}

void FaultFileSystem::fail(const std::string& call, std::size_t nth, int number, Times times) {
  heal();
  plan_.what = Plan::What::fail;
  plan_.call = call;
  plan_.nth = nth;
  plan_.number = number;
  plan_.times = times;
}

void FaultFileSystem::crash(std::size_t nth, Moment moment) {
  heal();
  plan_.what = Plan::What::crash;
  plan_.nth = nth;
  plan_.moment = moment;
}

void FaultFileSystem::heal() {
  plan_ = Plan{};
  struck_ = false;
  dead_ = false;
  at_the_call_ = false;
  calls_.clear();
}

bool FaultFileSystem::crashes_now(Moment moment) const {
  return at_the_call_ && plan_.what == Plan::What::crash && plan_.moment == moment;
}

int FaultFileSystem::meet(const std::string& call) {
  if (dead_) throw Crash{};
  calls_.push_back(call);
  if (before_call) before_call(call);
  at_the_call_ = false;
  if (plan_.what == Plan::What::nothing || (!plan_.call.empty() && plan_.call != call)) return 0;
  ++plan_.met;
  at_the_call_ = plan_.met == plan_.nth || (plan_.times == Times::onwards && plan_.met > plan_.nth);
  if (!at_the_call_) return 0;
  struck_ = true;
  if (plan_.what == Plan::What::fail) return plan_.number;
  const bool divisible = call == "write_new" || call == "append";
  if (crashes_now(Moment::before) || (!divisible && crashes_now(Moment::within))) {
    dead_ = true;
    throw Crash{};
  }
  return 0;
}

void FaultFileSystem::after(bool crash_now) {
  if (!crash_now) return;
  dead_ = true;
  throw Crash{};
}

template <class T>
Result<T> FaultFileSystem::pass(const std::string& call, const std::function<Result<T>()>& inner) {
  if (const int number = meet(call); number != 0) {
    Error error = system_error(number, call, "(injected)");
    if (call == "sync_directory") error.kind = ErrorKind::unknown;
    return error;
  }
  const bool crash_after = crashes_now(Moment::after);
  Result<T> result = inner();
  after(crash_after);
  return result;
}

Result<Directory> FaultFileSystem::open_directory(const std::string& path) {
  return inner_.open_directory(path);
}

Result<Directory> FaultFileSystem::open_directory(Directory parent, const std::string& name) {
  return inner_.open_directory(parent, name);
}

Result<void> FaultFileSystem::make_directory(Directory parent, const std::string& name, mode_t mode) {
  return inner_.make_directory(parent, name, mode);
}

Result<FileStatus> FaultFileSystem::status(Directory directory) {
  return pass<FileStatus>("status", [&] { return inner_.status(directory); });
}

Result<FileStatus> FaultFileSystem::status(Directory directory, const std::string& name) {
  return pass<FileStatus>("status", [&] { return inner_.status(directory, name); });
}

Result<FileStatus> FaultFileSystem::status(const std::string& path) {
  return pass<FileStatus>("status", [&] { return inner_.status(path); });
}

Result<void> FaultFileSystem::list(Directory directory, const std::function<bool(std::string_view)>& visit) {
  return pass<void>("list", [&] { return inner_.list(directory, visit); });
}

Result<FileContent> FaultFileSystem::read(Directory directory, const std::string& name,
                                          std::uint64_t bytes_max) {
  return pass<FileContent>("read", [&] { return inner_.read(directory, name, bytes_max); });
}

Result<bool> FaultFileSystem::is_open_for_writing(Directory directory, const std::string& name) {
  return pass<bool>("is_open_for_writing", [&] { return inner_.is_open_for_writing(directory, name); });
}

Result<void> FaultFileSystem::write_new(Directory directory, const std::string& name, std::string_view bytes,
                                        mode_t mode, Durability durability) {
  return pass<void>("write_new", [&]() -> Result<void> {
    const bool torn = crashes_now(Moment::within);
    Result<void> made = inner_.write_new(directory, name, torn ? bytes.substr(0, bytes.size() / 2) : bytes,
                                         mode, syncs_ == Syncs::real ? durability : Durability::unsynced);
    after(torn);
    return made;
  });
}

Result<void> FaultFileSystem::append(Directory directory, const std::string& name, std::string_view bytes,
                                     mode_t mode_if_made) {
  return pass<void>("append", [&]() -> Result<void> {
    const bool torn = crashes_now(Moment::within);
    Result<void> appended =
        inner_.append(directory, name, torn ? bytes.substr(0, bytes.size() / 2) : bytes, mode_if_made);
    after(torn);
    return appended;
  });
}

Result<void> FaultFileSystem::truncate(Directory directory, const std::string& name, std::uint64_t size) {
  return pass<void>("truncate", [&] { return inner_.truncate(directory, name, size); });
}

Result<void> FaultFileSystem::rename_new(Directory from, const std::string& from_name, Directory to,
                                         const std::string& to_name) {
  return pass<void>("rename_new", [&] { return inner_.rename_new(from, from_name, to, to_name); });
}

Result<void> FaultFileSystem::rename_over(Directory from, const std::string& from_name, Directory to,
                                          const std::string& to_name) {
  return pass<void>("rename_over", [&] { return inner_.rename_over(from, from_name, to, to_name); });
}

Result<void> FaultFileSystem::remove(Directory directory, const std::string& name) {
  return pass<void>("remove", [&] { return inner_.remove(directory, name); });
}

Result<void> FaultFileSystem::sync_directory(Directory directory) {
  return pass<void>("sync_directory", [&]() -> Result<void> {
    return syncs_ == Syncs::real ? inner_.sync_directory(directory) : Result<void>{};
  });
}

Result<FreeSpace> FaultFileSystem::free_space(Directory directory) {
  auto space = pass<FreeSpace>("free_space", [&] { return inner_.free_space(directory); });
  if (space && free_inodes) space->inodes = *free_inodes;
  return space;
}

}  // namespace spoold::test
