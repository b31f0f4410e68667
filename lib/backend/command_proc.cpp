#include "backend/command_proc.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <functional>
#include <memory>

#include "os/unique_fd.hpp"

namespace spoold {

namespace {

constexpr std::size_t began_at_field = 22;  // of /proc/PID/stat, counted from 1 as in proc(5)

// Appends the whole file to `text`; false where it cannot be read.
bool read_all(const std::string& path, std::string& text) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return false;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string file_of(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// Visits the names in a directory that are numbers; false where it cannot be read.
bool for_each_number(const char* path, const std::function<void(pid_t)>& visit) {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory{::opendir(path)};
  if (!directory) return false;
  while (const dirent* const entry = ::readdir(directory.get())) {
    std::string_view name{entry->d_name};
    const auto number = take_number<pid_t>(name);
    if (number && name.empty()) visit(*number);
  }
  return true;
}

}  // namespace

Result<std::vector<pid_t>> child_processes() {
  std::string text;
  bool told = false;
  const bool listed = for_each_number("/proc/self/task", [&](pid_t thread) {
    // A thread that has just ended has none: they went to another one.
    told = read_all("/proc/self/task/" + std::to_string(thread) + "/children", text) || told;
  });
  if (!listed || !told) return system_error(errno, "read", "/proc/self/task/*/children");
  std::vector<pid_t> children;
  std::string_view rest{text};
  while (const auto pid = take_number<pid_t>(rest)) children.push_back(*pid);
  return children;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> processes;
  for_each_number("/proc", [&](pid_t pid) { processes.push_back(pid); });
  return processes;
}

std::optional<std::string> environment_of(pid_t pid, std::string_view name) {
  std::string text;
  read_all(file_of(pid, "environ"), text);
  for (std::string_view rest{text}; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\0'));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=')
      return std::string(line.substr(name.size() + 1));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return std::nullopt;
}

std::uint64_t began_at(pid_t pid) {
  std::string text;
  if (!read_all(file_of(pid, "stat"), text)) return 0;
  // The second field is the name in brackets, which may hold anything.
  std::string_view rest = std::string_view{text}.substr(std::min(text.rfind(')'), text.size()));
  for (std::size_t field = 2; field < began_at_field && !rest.empty(); ++field)
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  return take_number<std::uint64_t>(rest).value_or(0);
}

}  // namespace spoold
