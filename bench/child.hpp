#pragma once

#include <string>
#include <vector>

#include "bench/programs.hpp"

namespace spoold::bench {

// The directory that this program lies in, with the programs that it measures.
[[nodiscard]] std::string own_directory();

// A spoold that a benchmark has started: killed and waited for on destruction, if it still runs.
class Child {
 public:
  // Starts the spoold that lies beside this program; what it says goes to `log`.
  Child(const std::vector<std::string>& arguments, const std::string& log)
      : Child("spoold", arguments, log) {}
  // Another program of this project.
  Child(const std::string& program, const std::vector<std::string>& arguments, const std::string& log);

  // Waits for the end, which must be an exit with status 0.
  void wait_for_success();
  // SIGTERM, then as above.
  void stop();

  [[nodiscard]] bool running() const { return program_.running(); }
  [[nodiscard]] double cpu_seconds() const;  // user and system, all threads, so far
  [[nodiscard]] double resident_bytes() const;
  // Of these, what is not a file's: the rest are pages of programs and libraries, shared with whoever else
  // uses them.
  [[nodiscard]] double own_bytes() const;
  // How often its threads have gone to sleep and been woken.
  [[nodiscard]] double wake_ups() const;

 private:
  [[nodiscard]] std::string status_file() const;

  Program program_;
  std::string log_;
};

}  // namespace spoold::bench
