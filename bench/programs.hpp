#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

// Programs that a benchmark starts. None outlives it, whichever way it ends: by a failure, by an exception
// that nobody catches, or by a signal.

namespace spoold::bench {

struct Command {
  std::vector<std::string> words;  // the first is looked for in PATH, unless it has a slash
  std::string log = {};            // where it writes, appended; none: where the benchmark does
  int output = -1;                 // a descriptor that takes its standard output instead
  int stop_signal = SIGTERM;       // what it is told where it has to end
};

// A program that has been started, or a copy of this one; told to end on destruction, and waited for.
class Program {
 public:
  explicit Program(Command command);
  // A copy of this program, which does the work and ends.
  explicit Program(const std::function<void()>& work);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  [[nodiscard]] bool running() const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Waits for its end. False unless it was an exit with status 0. `usage`: of it and what it has waited for.
  [[nodiscard]] bool wait(rusage* usage = nullptr);

 private:
  pid_t pid_ = -1;
  int stop_signal_ = SIGTERM;
};

// Runs a program to its end, which must be a success; what it wrote to standard output.
std::string output_of(std::vector<std::string> words);

// From here on SIGINT, SIGTERM, SIGHUP and an uncaught exception end what was started, and then this program.
// To be called before there is a second thread.
void end_programs_with_this_one();

// Says why, ends what was started, then this program with the status. Any thread; the first call is the one.
[[noreturn]] void end_all(const std::string& why, int status);

}  // namespace spoold::bench
