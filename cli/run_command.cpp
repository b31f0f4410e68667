#include "run_command.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <iostream>

#include "verb.hpp"

namespace spoold {

namespace {

std::atomic<pid_t> child{0};

void pass_on(int number) {
  if (const pid_t pid = child; pid > 0) ::kill(pid, number);
}

int shell_status(int raw) {
  return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
}

// Starts it with the signals as a program expects them. Returns errno.
int start(const std::vector<std::string>& command, pid_t& pid) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  std::vector<std::string> copies = command;
  for (auto& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);

  sigset_t defaults;
  ::sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaddset(&defaults, number);
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  const int number =
      ::posix_spawnp(&pid, arguments.front(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return number;
}

}  // namespace

Result<int> run_command(const std::vector<std::string>& command) {
  std::cout.flush();
  for (const int number : {SIGINT, SIGQUIT}) std::signal(number, SIG_IGN);
  for (const int number : {SIGTERM, SIGHUP}) std::signal(number, pass_on);
  pid_t pid = 0;
  if (const int number = start(command, pid); number != 0) {
    complain(system_error(number, "run", command.front()).message());
    return number == ENOENT ? 127 : 126;
  }
  child = pid;
  int raw = 0;
  while (::waitpid(pid, &raw, 0) < 0) {
    if (errno != EINTR) return system_error(errno, "wait for", command.front());
  }
  child = 0;
  return shell_status(raw);
}

}  // namespace spoold
