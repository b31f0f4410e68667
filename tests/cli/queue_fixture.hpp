#pragma once

#include <string>
#include <vector>

#include "support/run_program.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// A real queue in a directory of its own, and the real spoolctl on it.
class CliQueue {
 public:
  CliQueue();  // made by `spoolctl init`

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const TempDirectory& directory() const { return directory_; }

  // spoolctl --queue <path> ARGUMENTS...
  [[nodiscard]] ProgramResult run(std::vector<std::string> arguments, const std::string& input = {}) const;
  [[nodiscard]] ProgramResult run_on_terminal(std::vector<std::string> arguments,
                                              const std::string& typed = {}) const;
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> arguments) const;

  // An entry as the daemon or a producer would have left it.
  void put(const std::string& state, const std::string& file_name, const std::string& json) const;
  void move(const std::string& from, const std::string& to) const;  // "pending/x", "completed/x"
  void set_modified(const std::string& file, long seconds_since_1970) const;
  [[nodiscard]] std::string read(const std::string& file) const { return directory_.read("q/" + file); }
  [[nodiscard]] bool has(const std::string& file) const;
  // The names in a state's directory, sorted.
  [[nodiscard]] std::vector<std::string> names(const std::string& state) const;

 private:
  TempDirectory directory_;
  std::string path_;
};

// spoolctl with nothing of the caller's environment that would choose a queue.
[[nodiscard]] ProgramResult run_spoolctl(const std::vector<std::string>& arguments,
                                         ProgramOptions options = {});

// The text with every occurrence of `what` replaced.
[[nodiscard]] std::string replaced(std::string text, const std::string& what, const std::string& by);

}  // namespace spoold::test
