#include "bench/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>

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

}  // namespace

std::string own_directory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

Child::Child(const std::string& name, const std::vector<std::string>& arguments, const std::string& log)
    : log_(log) {
  std::string program = path_of(name);
  std::vector<std::string> owned = arguments;
  std::vector<char*> argv{program.data()};
  for (std::string& argument : owned) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int error = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  require(error == 0, "cannot start " + program);
  end_on_failure(pid_, SIGKILL);
}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  forget(pid_);
  ::waitpid(pid_, nullptr, 0);
}

void Child::wait_for_success() {
  int status = 0;
  siginfo_t ended{};
  // Forgotten before its number may be another's.
  require(::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) == 0,
          "cannot wait for a program");
  forget(pid_);
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a program did not end well, see " + log_);
}

void Child::stop() {
  require(running() && ::kill(pid_, SIGTERM) == 0, "spoold has ended by itself, see " + log_);
  wait_for_success();
}

bool Child::running() {
  siginfo_t info{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

double Child::cpu_seconds() const {
  clockid_t clock{};
  timespec spent{};
  require(::clock_getcpuclockid(pid_, &clock) == 0 && ::clock_gettime(clock, &spent) == 0,
          "cannot read the processor time of spoold, see " + log_);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

double Child::resident_bytes() const {
  return status_number("/proc/" + std::to_string(pid_) + "/status", "VmRSS:") * 1024;
}

double Child::own_bytes() const {
  return status_number("/proc/" + std::to_string(pid_) + "/status", "RssAnon:") * 1024;
}

double Child::wake_ups() const {
  double sum = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task"))
    sum += status_number(task.path() / "status", "voluntary_ctxt_switches:");
  return sum;
}

}  // namespace spoold::bench
