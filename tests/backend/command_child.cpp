#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

// A program that says what it finds itself to be, as lines of name=value.

namespace {

void say(const char* name, const std::string& value) {
  std::printf("%s=%s\n", name, value.c_str());
}

std::string open_files() {
  std::string numbers;
  DIR* const directory = ::opendir("/proc/self/fd");
  while (const dirent* const entry = ::readdir(directory)) {
    const std::string name{entry->d_name};
    if (name.front() == '.' || name == std::to_string(::dirfd(directory))) continue;
    numbers += (numbers.empty() ? "" : " ") + name;
  }
  ::closedir(directory);
  return numbers;
}

std::string blocked_signals() {
  sigset_t mask;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask);
  std::string numbers;
  for (int number = 1; number < NSIG; ++number) {
    if (::sigismember(&mask, number) == 1) numbers += std::to_string(number) + " ";
  }
  return numbers;
}

std::string changed_signals() {
  std::string numbers;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_DFL)
      numbers += std::to_string(number) + " ";
  }
  return numbers;
}

std::string soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  return std::to_string(limit.rlim_cur);
}

std::string octal(mode_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode);
  return text;
}

std::string working_directory() {
  char* const path = ::getcwd(nullptr, 0);
  std::string text{path};
  std::free(path);
  return text;
}

int death_signal() {
  int number = 0;
  ::prctl(PR_GET_PDEATHSIG, &number);
  return number;
}

std::string kind_of_input() {
  struct stat status {};
  ::fstat(STDIN_FILENO, &status);
  return S_ISCHR(status.st_mode) ? "device" : S_ISFIFO(status.st_mode) ? "pipe" : "other";
}

}  // namespace

int main(int argc, char** argv) {
  say("files", open_files());
  say("blocked", blocked_signals());
  say("changed", changed_signals());
  say("umask", octal(::umask(0)));
  say("directory", working_directory());
  say("leads_session", ::getsid(0) == ::getpid() ? "yes" : "no");
  say("leads_group", ::getpgrp() == ::getpid() ? "yes" : "no");
  say("terminal", ::open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 ? "none" : "one");
  say("files_max", soft_limit(RLIMIT_NOFILE));
  say("core_max", soft_limit(RLIMIT_CORE));
  say("death_signal", std::to_string(death_signal()));
  say("new_privileges", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "never" : "possible");
  say("input", kind_of_input());
  for (int i = 1; i < argc; ++i) say("argument", argv[i]);
  for (char** line = environ; *line != nullptr; ++line) std::printf("environment %s\n", *line);
  return 0;
}
