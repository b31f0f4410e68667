#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "support/run_program.hpp"

namespace spoold::test {

// A machine with a real systemd, freshly booted, with the package installed: a container over this machine's
// own files (boot_machine). What is done in it is gone with it. Its default queue has a database with a table
// `effect(tag)`. Faults of the test's own machinery throw. Needs root.
class Machine {
 public:
  Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  // Runs a bash script in the machine, to its end.
  [[nodiscard]] ProgramResult run(const std::string& script, const std::string& user = "root") const;
  // Its standard output without the last line's end; throws where it fails.
  std::string ask(const std::string& script, const std::string& user = "root") const;
  // Returns when the script succeeds, which is tried again and again.
  void wait_until(const std::string& script) const;
  // Returns when the journal has a line with this text; `matches` are arguments for journalctl.
  void wait_for_line(const std::string& text, const std::string& matches = "") const;

  void write(const std::string& path, const std::string& content, int mode = 0644) const;
  // A drop-in for a unit; takes effect at the next start.
  void configure_unit(const std::string& unit, const std::string& content) const;
  // /etc/spoold/NAME.yaml with this in `worker`, and these backends and routes.
  void configure(const std::string& worker, const std::string& backends,
                 const std::string& name = "spoold") const;

  // Rows of the default database; values separated by |.
  [[nodiscard]] std::string sql(const std::string& text, const std::string& database = "main") const;
  // How many entries lie in a directory of a queue.
  [[nodiscard]] std::size_t count(const std::string& state, const std::string& queue = "default") const;
  // A property of a unit.
  [[nodiscard]] std::string show(const std::string& unit, const std::string& property) const;

 private:
  std::string directory_;
  std::unique_ptr<Program> boot_;
  pid_t leader_ = -1;
};

// The backend that the package configures.
constexpr const char* sqlite_backend = "{ main: { type: sqlite, database: /var/lib/spoold/main.db } }";

// A shell command that enqueues one row of the default database's table.
[[nodiscard]] std::string enqueue_row(const std::string& tag, const std::string& options = "");

}  // namespace spoold::test
