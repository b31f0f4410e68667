#include "bench/child.hpp"

#include <time.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "bench/measure.hpp"

namespace spoold::bench {

namespace {

std::string path_of(const std::string& program) {
  const std::string path = own_directory() + "/" + program;
  require(::access(path.c_str(), X_OK) == 0, path + " is missing: build the target " + program);
  return path;
}

// The number after `label` in a status file of /proc.
double status_number(const std::filesystem::path& file, const std::string& label) {
  std::ifstream status{file};
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(label, 0) == 0) return std::stod(line.substr(label.size()));
  }
  fail(file.string() + " has no " + label);
}

std::vector<std::string> words(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{path_of(program)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

}  // namespace

std::string own_directory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

Child::Child(const std::string& program, const std::vector<std::string>& arguments, const std::string& log)
    : program_(Command{.words = words(program, arguments), .log = log, .stop_signal = SIGKILL}), log_(log) {}

void Child::wait_for_success() {
  require(program_.wait(), "a program did not end well, see " + log_);
}

void Child::stop() {
  require(running(), "spoold has ended by itself, see " + log_);
  program_.signal(SIGTERM);
  wait_for_success();
}

double Child::cpu_seconds() const {
  clockid_t clock{};
  timespec spent{};
  require(::clock_getcpuclockid(program_.pid(), &clock) == 0 && ::clock_gettime(clock, &spent) == 0,
          "cannot read the processor time of spoold, see " + log_);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

std::string Child::status_file() const {
  return "/proc/" + std::to_string(program_.pid()) + "/status";
}

double Child::resident_bytes() const {
  return status_number(status_file(), "VmRSS:") * 1024;
}

double Child::own_bytes() const {
  return status_number(status_file(), "RssAnon:") * 1024;
}

double Child::wake_ups() const {
  double sum = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(program_.pid()) + "/task"))
    sum += status_number(task.path() / "status", "voluntary_ctxt_switches:");
  return sum;
}

}  // namespace spoold::bench
