#include "bench/bundles.hpp"

#include <fstream>

#include "bench/child.hpp"
#include "bench/measure.hpp"
#include "bench/runs.hpp"

namespace spoold::bench {

std::string bundled_text(std::uint64_t id) {
  return "row " + std::to_string(id) + ", with about as much text as rows have";
}

std::string bundled_line(std::uint64_t id) {
  return "{\"operation\":\"note.add\",\"sql\":\"INSERT INTO notes(id, text) VALUES (?, ?)\",\"params\":[" +
         std::to_string(id) + ",\"" + bundled_text(id) + "\"]}\n";
}

void write_lines(const std::string& path, std::size_t entries) {
  std::ofstream file{path};
  for (std::uint64_t id = 0; id < entries; ++id) file << bundled_line(id);
  require(static_cast<bool>(file.flush()), "cannot write " + path);
}

void enqueue_bundles(const ScratchQueue& queue, const std::string& lines) {
  Child child{"spoolctl", {"--queue", queue.path(), "enqueue", "--bundle", "-f", lines}, queue.log()};
  child.wait_for_success();
}

double bundles_drain_rate(const ScratchQueue& queue, std::size_t entries, double start_up) {
  const double seconds = seconds_of_run(queue) - start_up;
  const auto rows = query_number(open_database(queue.database()).get(), "SELECT count(*) FROM notes");
  require(static_cast<std::size_t>(rows) == entries, queue.path() + ": rows are missing");
  return static_cast<double>(entries) / seconds;
}

}  // namespace spoold::bench
