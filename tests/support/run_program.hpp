#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "os/unique_fd.hpp"

// Real programs, run as a user runs them.

namespace spoold::test {

struct ProgramOptions {
  std::string input = {};  // all of standard input; then its end
  // Over this process's own environment; nothing: the variable is unset.
  std::map<std::string, std::optional<std::string>> environment = {};
  std::string working_directory = {};  // empty: this process's
  // Standard input, output and error are one terminal of 80 columns; everything it shows lands in `out`.
  bool terminal = false;
  // A program that runs longer is killed and the test ends with an exception that says what it had written.
  std::chrono::seconds time_limit{60};
};

struct ProgramResult {
  int exit_status = -1;  // -1 where a signal ended it
  int signal = 0;        // 0 where it ended by itself
  std::string out;
  std::string err;
};

// A program that is running. Faults of the test's own machinery (cannot start, over the time limit) throw.
// One that still runs at destruction is killed, with SIGKILL.
class Program {
 public:
  // `command` is the path (or a name found in PATH) and the arguments; no shell.
  explicit Program(const std::vector<std::string>& command, ProgramOptions options = {});
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send_signal(int number) const;

  // Returns once standard output and standard error hold `text` so many times. The program's end before that
  // throws.
  void wait_for_output(const std::string& text, std::size_t times = 1);

  // Returns when the program has ended. Once only.
  [[nodiscard]] ProgramResult wait();

 private:
  bool pump();  // takes what is there, waiting for it; false once nothing more can come
  [[noreturn]] void give_up(const std::string& why) const;

  std::string name_;
  ProgramOptions options_;
  std::chrono::steady_clock::time_point deadline_;
  pid_t pid_ = -1;
  UniqueFd ended_;  // pidfd: readable when the program has ended
  UniqueFd out_;
  UniqueFd err_;
  bool has_ended_ = false;
  ProgramResult result_;
};

// Runs to the end.
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& command, ProgramOptions options = {});

}  // namespace spoold::test
