#include "config/config_file.hpp"

#include <yaml-cpp/eventhandler.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <vector>

#include "config/backend_section.hpp"
#include "config/environment.hpp"
#include "config/known_keys.hpp"
#include "config/sections.hpp"

namespace spoold {

namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

Result<std::string> read_text(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return system_error(errno, "read configuration", path);
  std::string text;
  std::array<char, 16384> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), got);
    if (text.size() > file_bytes_max) {
      return Error{ErrorKind::too_large,
                   "read configuration " + path + ": it is over 1 MiB, which no configuration is"};
    }
  }
  if (std::ferror(file.get()) != 0) return system_error(errno, "read configuration", path);
  return text;
}

// What the parser's words mean where they are not plain.
std::string hint(const std::string& message) {
  using namespace YAML::ErrorMsg;
  if (message == ALIAS_NOT_FOUND || message == CHAR_IN_ALIAS || message == UNKNOWN_ANCHOR)
    return " (a text that begins with * is written in quotes: \"*\")";
  if (message == EOF_IN_SCALAR) return " (a quote is opened and not closed)";
  if (message == TAB_IN_INDENTATION) return " (indent with spaces)";
  if (message == MAP_VALUE || message == MAP_KEY)
    return " (members of one map stand in one column, indented by spaces; a text with ': ' is written in "
           "quotes)";
  return "";
}

Error syntax_error(const std::string& path, const YAML::Exception& problem) {
  std::string where = path;
  if (!problem.mark.is_null())
    where += ":" + std::to_string(problem.mark.line + 1) + ":" + std::to_string(problem.mark.column + 1);
  return Error{ErrorKind::invalid, where + ": " + problem.msg + hint(problem.msg)};
}

// Notes where documents begin.
class DocumentMarks final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { marks_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

  [[nodiscard]] const std::vector<YAML::Mark>& marks() const { return marks_; }

 private:
  std::vector<YAML::Mark> marks_;
};

// One document is the configuration. No more than two are looked for: yaml-cpp finds documents without end in
// a text that goes on with what can begin none, such as a comma.
void refuse_second_document(const std::string& text, Reading& reading) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  DocumentMarks documents;
  while (documents.marks().size() < 2 && parser.HandleNextDocument(documents)) {
  }
  if (documents.marks().size() < 2) return;
  const YAML::Mark& second = documents.marks().back();
  const bool same = second.pos == documents.marks().front().pos;
  reading.refuse({second.line + 1, {}},
                 same ? "here no configuration can begin; expected a map, such as worker: { idle_exit: 300s }"
                      : "a second document begins here; expected one");
}

// The one document of the file; a null node where there is nothing in it.
YAML::Node parse(const std::string& text, Reading& reading) {
  // yaml-cpp takes a quote that is open at the end of the input for closed, but not one that runs into a
  // comment without a line's end.
  const std::string closed = text + "\n# end";
  refuse_second_document(closed, reading);
  return YAML::Load(closed);
}

void read_environment(const Environment& environment, Config& config, RetryOptions& retry, Reading& reading) {
  // A directory from the environment is the caller's: relative to where it stands.
  const std::vector<Option> queue = queue_options(config, "");
  lay_environment_over(environment, "queue", queue, reading);
  take_from_environment(environment, "SPOOLD_QUEUE", "queue.directory", queue.front(), reading);
  lay_environment_over(environment, "worker", worker_options(config), reading);
  lay_environment_over(environment, "retry", retry_options(retry), reading);
}

Config read_sections(const YAML::Node& root, const Environment& environment, Reading& reading) {
  Config config;
  config.file = reading.file();
  RetryOptions retry;
  MapReader top(reading, root, "", 1, "worker: { idle_exit: 300s }");
  read_queue(top.map("queue", "{ directory: /var/spool/spoold/default }"), config);
  top.map("worker", "{ idle_exit: 300s }").options(worker_options(config));
  top.map("retry", "{ max_retries: 3, initial: 2s }").options(retry_options(retry));
  read_retention(top.map("retention", "{ completed: { age: 24h } }"), config.retention);
  read_pressure(top.map("pressure", "{ overflow: 50 }"), config.pressure);
  read_metrics(top.map("metrics", "{ file: metrics.prom }"), config.metrics);
  read_environment(environment, config, retry, reading);
  check_retry(reading, "retry", retry);
  read_backends(top.map("backends", "{ main: { type: sqlite, database: /var/lib/spoold/main.db } }"), config);
  read_routes(top, config, retry);
  config.producer.entry_bytes_max = config.store.entry_bytes_max;
  config.producer.bundle_bytes_max = config.store.bundle_bytes_max;
  config.producer.bundle_lines_max = config.store.bundle_lines_max;
  return config;
}

Result<Config> read_config_text(const std::string& text, const Environment& environment, Reading& reading) {
  try {
    const YAML::Node root = parse(text, reading);
    Config config = read_sections(root, environment, reading);
    SPOOLD_TRY(reading.result());
    return config;
  } catch (const YAML::Exception& problem) {
    return syntax_error(reading.file(), problem);
  }
}

std::optional<std::string> nothing_set(const std::string&) {
  return std::nullopt;
}

// Reads a file with one backend of each type and one route, to see what is asked for; what it lacks does not
// matter.
Reading ask_everything() {
  std::string text = "routes: [{ operation: x, backend: x }]\nbackends:\n";
  for (const BackendType& type : backend_types()) {
    const std::string name{type.name};
    text.append("  ").append(name).append(": { type: ").append(name).append(" }\n");
  }
  Reading reading{""};
  static_cast<void>(read_config_text(text, nothing_set, reading));
  return reading;
}

}  // namespace

std::string plain_path(const std::string& path) {
  std::filesystem::path plain;
  for (const auto& part : std::filesystem::path(path)) {
    if (!part.empty() && part != ".") plain /= part;
  }
  return plain.empty() && !path.empty() ? "." : plain.string();
}

Result<Config> read_config_file(const std::string& path, const Environment& environment) {
  const Result<std::string> text = read_text(path);
  if (!text) return text.error();
  Reading reading{path};
  return read_config_text(*text, environment, reading);
}

Result<Config> default_config(const Environment& environment) {
  Reading reading{""};
  return read_config_text("", environment, reading);
}

std::vector<std::string> known_config_keys() {
  return ask_everything().known();
}

std::vector<std::string> known_config_variables() {
  return ask_everything().variables();
}

}  // namespace spoold
