#include "store/placing.hpp"

#include "entry/entry_name.hpp"

namespace spoold {

namespace {

constexpr std::string_view extension = ".json";
constexpr std::string_view bundle_extension = ".jsonl";
constexpr std::string_view reason_suffix = ".reason";
constexpr std::size_t name_bytes_max = 255;
constexpr std::uint64_t tries_max = 1000;
constexpr std::uint64_t small_numbers = 10;

// Cut so that `suffix` fits behind it, without leaving half a %XX at the end.
std::string label_with(std::string label, const std::string& suffix) {
  if (label.size() + suffix.size() > label_bytes_max) label.resize(label_bytes_max - suffix.size());
  const std::size_t percent = label.rfind('%');
  if (percent != std::string::npos && percent + 3 > label.size()) label.resize(percent);
  return label + suffix;
}

Error no_free_name(State to, const std::string& wanted_name) {
  return Error{ErrorKind::exists, "no free name like " + printable(wanted_name) + " in " +
                                      std::string(to_string(to)) + "/: remove some of those that are there"};
}

// True if it is now free: a reason whose file is not there (any more) explains nothing.
Result<bool> remove_orphan(FileSystem& files, Directory corrupt, const std::string& name,
                           const std::string& reason_name) {
  const Result<FileStatus> taken = files.status(corrupt, name);
  if (taken) return false;
  if (taken.error().kind != ErrorKind::not_found) return taken.error();
  SPOOLD_TRY(files.remove(corrupt, reason_name));
  return true;
}

}  // namespace

bool is_reason(std::string_view file_name) {
  return file_name.ends_with(reason_suffix);
}

std::string explained_name(std::string_view reason_name) {
  return std::string(reason_name.substr(0, reason_name.size() - reason_suffix.size()));
}

std::string reason_name(std::string_view file_name) {
  return std::string(file_name) + std::string(reason_suffix);
}

std::string numbered_name(const std::string& file_name, std::uint64_t n, std::size_t bytes_max) {
  if (n == 1 && file_name.size() <= bytes_max) return file_name;
  if (auto name = parse_entry_name(file_name)) {
    const std::string number = std::to_string(n);
    name->label = name->label.empty() ? number : label_with(std::move(name->label), "." + number);
    return format_entry_name(*name);
  }
  const std::string_view its_own = is_bundle_file_name(file_name) ? bundle_extension : extension;
  std::string_view stem = file_name;
  if (stem.ends_with(its_own)) stem.remove_suffix(its_own.size());
  const std::string ending = (n == 1 ? "" : "." + std::to_string(n)) + std::string(its_own);
  return std::string(stem.substr(0, bytes_max - ending.size())) + ending;
}

Result<std::string> place(FileSystem& files, const QueueLayout& layout, State from,
                          const std::string& from_name, State to, const std::string& wanted_name) {
  return place(files, layout, layout.directory(from), from_name, to, wanted_name);
}

Result<std::string> place(FileSystem& files, const QueueLayout& layout, Directory from,
                          const std::string& from_name, State to, const std::string& wanted_name) {
  for (std::uint64_t n = 1; n <= tries_max; ++n) {
    std::string name = numbered_name(wanted_name, n);
    const Result<void> moved = files.rename_new(from, from_name, layout.directory(to), name);
    if (moved) return name;
    if (moved.error().kind != ErrorKind::exists) return moved.error();
  }
  return no_free_name(to, wanted_name);
}

Result<std::string> put_aside(FileSystem& files, const QueueLayout& layout, State from,
                              const std::string& from_name, const std::string& wanted_name,
                              const std::string& reason, mode_t reason_mode, Sequence& sequence) {
  return put_aside(files, layout, layout.directory(from), from_name, wanted_name, reason, reason_mode,
                   sequence);
}

Result<std::string> put_aside(FileSystem& files, const QueueLayout& layout, Directory from,
                              const std::string& from_name, const std::string& wanted_name,
                              const std::string& reason, mode_t reason_mode, Sequence& sequence) {
  const Directory corrupt = layout.directory(State::corrupt);
  const std::string line = printable(reason) + "\n";
  for (std::uint64_t n = 1; n <= tries_max; ++n) {
    // A producer that writes the same wrong file every minute must not cost a longer search each time.
    const std::uint64_t number = n < small_numbers ? n : sequence.next();
    std::string name = numbered_name(wanted_name, number, name_bytes_max - reason_suffix.size());
    const std::string beside = reason_name(name);
    Result<void> written = files.write_new(corrupt, beside, line, reason_mode, Durability::synced);
    if (!written && written.error().kind == ErrorKind::exists) {
      const Result<bool> freed = remove_orphan(files, corrupt, name, beside);
      if (!freed) return freed.error();
      if (!*freed) continue;
      written = files.write_new(corrupt, beside, line, reason_mode, Durability::synced);
    }
    if (!written) return written.error();

    const Result<void> moved = files.rename_new(from, from_name, corrupt, name);
    if (moved) return name;
    // Whatever this fails with, the rename's error is the one to tell; a reason left alone does no harm.
    static_cast<void>(files.remove(corrupt, beside));
    if (moved.error().kind != ErrorKind::exists) return moved.error();
  }
  return no_free_name(State::corrupt, wanted_name);
}

}  // namespace spoold
