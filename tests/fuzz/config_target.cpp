#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "config/config_file.hpp"
#include "fuzz/property.hpp"
#include "fuzz/targets.hpp"

namespace spoold::fuzz {

namespace {

using namespace std::chrono_literals;

// A file without a name, of which the reader is given the path.
class MemoryFile {
 public:
  MemoryFile()
      : fd_(::memfd_create("spoold.yaml", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(fd_)) {
    must(fd_ >= 0, "the kernel gives a file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }

  void hold(std::string_view text) const {
    const bool held = ::ftruncate(fd_, 0) == 0 &&
                      ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    must(held, "a file in memory takes the text");
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int fd_;
  std::string path_;
};

Result<Config> read(const MemoryFile& file) {
  return read_config_file(file.path(), [](const std::string&) { return std::nullopt; });
}

// "FILE:LINE: what", a problem a line.
void check_refusal(std::string_view input, const std::string& path, const Error& error) {
  if (error.kind == ErrorKind::too_large)
    return must(input.size() > 1024UL * 1024, "only what is large is too large");
  must(error.kind == ErrorKind::invalid, "what is refused is invalid");
  const long lines = std::count(input.begin(), input.end(), '\n') + 1;
  const std::string message = error.message();
  for (std::string_view rest = message; !rest.empty();) {
    std::string_view problem = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(problem.size() + 1, rest.size()));
    must(problem.starts_with(path + ":"), "a problem says in which file");
    problem.remove_prefix(path.size() + 1);
    long line = 0;
    const auto [end, fault] = std::from_chars(problem.data(), problem.data() + problem.size(), line);
    must(fault == std::errc{} && *end == ':', "a problem says in which line");
    must(line >= 1 && line <= lines + 1, "the line is one of the file");
  }
}

bool within(std::chrono::nanoseconds value, std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
  return value >= least && value <= most;
}

void check_retry(const RetryOptions& retry) {
  must(retry.retries_max <= 10'000 && retry.factor >= 1 && retry.factor <= 100, "a retry is in its ranges");
  must(retry.max >= retry.initial && retry.initial >= 0s && retry.max <= 24h * 365,
       "a retry's max is not below its initial");
}

struct CheckBackend {
  void operator()(const SqliteOptions& options) const {
    must(!options.database.empty(), "a database has a path");
  }
  void operator()(const HttpOptions& options) const {
    must(check_http_options(options).empty(), "an HTTP backend that is taken can be used");
    must(options.concurrency >= 1 && options.concurrency <= 1000, "a concurrency is in its range");
    must(within(options.timeout, 1ms, 24h) && within(options.retry_after_max, 1s, 24h * 365),
         "times are in their ranges");
  }
  void operator()(const CommandOptions& options) const {
    must(options.program.starts_with('/'), "a program has a whole path");
    must(options.concurrency >= 1, "a concurrency is in its range");
  }
};

void check_config(const Config& config) {
  must(!config.queue_directory.empty(), "a queue has a directory");
  must(config.store.entry_bytes_max >= 64 && config.producer.entry_bytes_max == config.store.entry_bytes_max,
       "an entry's limit is in its range, and the same for all");
  must(within(config.worker.poll_interval, 1ms, 1h) && within(config.worker.rescan_interval, 1s, 1h) &&
           within(config.worker.idle_exit, 0s, 24h * 3650) && config.worker.crashes_max >= 1,
       "the worker's options are in their ranges");
  for (const BackendConfig& backend : config.backends) {
    must(!backend.name.empty() && backend.name.size() <= 32, "a backend has a short name");
    const auto same = [&](const BackendConfig& other) { return other.name == backend.name; };
    must(std::count_if(config.backends.begin(), config.backends.end(), same) == 1,
         "a backend's name is its own");
    std::visit(CheckBackend{}, backend.options);
  }
  for (const RouteOptions& route : config.routes) {
    const auto named = [&](const BackendConfig& backend) { return backend.name == route.backend; };
    must(std::any_of(config.backends.begin(), config.backends.end(), named), "a route leads to a backend");
    check_retry(route.retry);
  }
}

}  // namespace

void fuzz_config(std::string_view input) {
  const MemoryFile file;
  file.hold(input);
  const auto config = read(file);
  if (config) {
    check_config(*config);
  } else {
    check_refusal(input, file.path(), config.error());
  }
  const auto again = read(file);
  must(again.has_value() == config.has_value() &&
           (again || again.error().message() == config.error().message()),
       "one file is judged in one way");
}

}  // namespace spoold::fuzz
