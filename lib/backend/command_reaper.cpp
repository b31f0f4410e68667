#include "backend/command_reaper.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <random>
#include <thread>

#include "backend/command_proc.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

namespace {

// Reaps a child that has ended. True when it is gone.
bool reap(pid_t child) {
  siginfo_t ended{};
  if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | __WALL) != 0)
    return errno == ECHILD;
  return ended.si_pid == child;
}

// Everything of a mark but what tells one attempt from another.
std::string_view daemon_of(std::string_view mark) {
  return mark.substr(0, mark.rfind('.'));
}

// The pidfd keeps the number from meaning another process between the look and the kill.
bool kill_if_marked(pid_t pid, const std::string& queue, const std::string& own) {
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return false;
  const auto mark = environment_of(pid, command_mark_name);
  if (!mark || !mark->starts_with(queue + ".") || daemon_of(*mark) == own) return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace

std::string queue_mark(const std::string& queue) {
  struct stat status {};
  if (queue.empty() || ::stat(queue.c_str(), &status) != 0) return {};
  return std::to_string(status.st_dev) + "-" + std::to_string(status.st_ino);
}

CommandReaper& CommandReaper::of_this_process() {
  static CommandReaper reaper;
  return reaper;
}

CommandReaper::CommandReaper() {
  std::random_device random;
  instance_ = std::to_string(random()) + std::to_string(random());
}

Result<void> CommandReaper::take_office() {
  std::signal(SIGCHLD, SIG_DFL);  // ignored by inheritance, children would reap themselves
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return system_error(errno, "become", "subreaper");
  const auto children = child_processes();
  if (!children) return children.error();
  return {};
}

std::string CommandReaper::next_mark(const std::string& queue) {
  return queue_mark(queue) + "." + instance_ + "." + std::to_string(++marks_);
}

bool CommandStart::is(pid_t process) {
  pid_t child = number().load();
  while (child == being_made) {
    std::this_thread::yield();
    child = number().load();
  }
  return child == process;
}

std::shared_ptr<CommandStart> CommandReaper::announce() {
  std::erase_if(starts_, [](const auto& start) { return start.expired(); });
  auto start = std::make_shared<CommandStart>();
  starts_.push_back(start);
  return start;
}

bool CommandReaper::is_leader(pid_t child) {
  return runs_.contains(child) || std::any_of(starts_.begin(), starts_.end(), [child](const auto& each) {
           const auto start = each.lock();
           return start && start->is(child);
         });
}

void CommandReaper::add(pid_t leader, std::string mark) {
  runs_[leader] = {std::move(mark), spoold::began_at(leader), false};
}

void CommandReaper::remove(pid_t leader) {
  runs_.erase(leader);
}

void CommandReaper::abandon(pid_t leader) {
  runs_.at(leader).abandoned = true;
}

void CommandReaper::reap_abandoned() {
  std::erase_if(runs_, [](const auto& run) { return run.second.abandoned && reap(run.first); });
}

bool CommandReaper::belongs(pid_t orphan, pid_t leader) const {
  const auto of_another = [&](const auto& is_of) {
    return std::any_of(runs_.begin(), runs_.end(),
                       [&](const auto& run) { return run.first != leader && is_of(run); });
  };
  const Run& run = runs_.at(leader);
  const pid_t session = ::getsid(orphan);
  if (session == leader) return true;
  if (of_another([&](const auto& other) { return other.first == session; })) return false;
  const auto mark = environment_of(orphan, command_mark_name);
  if (mark == run.mark) return true;
  if (mark && of_another([&](const auto& other) { return other.second.mark == *mark; })) return false;
  return spoold::began_at(orphan) >= run.began_at;
}

bool CommandReaper::finish_off(pid_t leader) {
  ::kill(-leader, SIGKILL);  // the leader is not reaped yet, so the group is no other
  reap_abandoned();
  const auto children = child_processes();
  if (!children) return false;
  // Whatever dies leaves its own children to us, perhaps after the list was read: only a look that finds
  // nothing dead or to be killed is the last.
  bool left = false;
  for (const pid_t child : *children) {
    if (is_leader(child)) continue;
    if (reap(child)) {
      left = true;
    } else if (belongs(child, leader)) {
      ::kill(child, SIGKILL);
      left = true;
    }
  }
  return !left;
}

void CommandReaper::reap_orphans() {
  reap_abandoned();
  const auto children = child_processes();
  if (!children) return;
  for (const pid_t child : *children) {
    if (!is_leader(child)) reap(child);
  }
}

std::vector<pid_t> CommandReaper::kill_leftovers(const std::string& queue) {
  std::vector<pid_t> dying;
  const std::string of_queue = queue_mark(queue);
  if (of_queue.empty()) return dying;
  for (const pid_t pid : all_processes()) {
    if (pid == ::getpid() || !kill_if_marked(pid, of_queue, of_queue + "." + instance_)) continue;
    dying.push_back(pid);
  }
  return dying;
}

}  // namespace spoold
