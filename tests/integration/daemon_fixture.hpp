#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/run_program.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// A queue, a database and a configuration in a fresh directory, and the real programs run on them.
class DaemonFixture {
 public:
  // `worker` and `backend` are members for the configuration's maps, for instance "idle_exit: 1s".
  explicit DaemonFixture(const std::string& worker = "", const std::string& backend = "", bool init = true);

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string queue() const { return directory_ / "queue"; }
  [[nodiscard]] std::string config() const { return directory_ / "spoold.yaml"; }
  [[nodiscard]] std::string database() const { return directory_ / database_; }
  // `database_name` is relative to the fixture's directory; it is the one that database() and sql() then
  // mean.
  void write_config(const std::string& worker, const std::string& backend,
                    const std::string& database_name = "work.db");

  // A configuration of backends and routes written out; queue and worker as above.
  void write_lanes(const std::string& worker, const std::string& backends_and_routes) const;
  // A program (a shell script with this body) in the fixture's directory; returns its path.
  std::string script(const std::string& name, const std::string& body) const;

  // spoold with --config and these arguments, to its end.
  [[nodiscard]] ProgramResult spoold(std::vector<std::string> arguments) const;
  // The same in the background; returns when it says that it watches the queue.
  [[nodiscard]] std::unique_ptr<Program> start_spoold(std::vector<std::string> arguments = {}) const;
  [[nodiscard]] ProgramResult spoolctl(std::vector<std::string> arguments,
                                       const std::string& input = "") const;
  // Enqueues one entry with this SQL; returns its id.
  std::string enqueue(const std::string& sql, std::vector<std::string> more = {}) const;
  // Writes a file into the staging directory and renames it into pending/, as a shell producer does.
  void drop(const std::string& file_name, const std::string& bytes) const;
  // Likewise into another folder of the queue.
  void drop_into(const std::string& folder, const std::string& file_name, const std::string& bytes) const;

  // The names in a folder of the queue, sorted, dot-names left out.
  [[nodiscard]] std::vector<std::string> names(const std::string& folder) const;
  [[nodiscard]] std::string text_of(const std::string& folder, const std::string& file_name) const {
    return directory_.read("queue/" + folder + "/" + file_name);
  }
  [[nodiscard]] std::string text_of_only(const std::string& folder) const;

  // Runs SQL in the database with the library itself; the first column of the rows.
  std::vector<std::string> sql(const std::string& text) const;
  // Waits until the SQL's first row is `value`: looks again whenever something in the queue's completed/,
  // failed/, corrupt/ or pending/ changes.
  void wait_until(const std::string& text, const std::string& value) const;
  void wait_for_names(const std::string& folder, std::size_t count) const;

 private:
  template <class Done>
  void wait_for_change(Done done, const std::string& what) const;

  TempDirectory directory_;
  std::string database_;
};

}  // namespace spoold::test
