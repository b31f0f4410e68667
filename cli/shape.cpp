#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "entry_report.hpp"
#include "exit_status.hpp"
#include "number_option.hpp"
#include "state_option.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;

struct ShapeCommand {
  std::string state;
  std::size_t limit = 20;
  bool json = false;
};

struct AgeClass {
  const char* name;
  std::chrono::seconds below;
};
// The last one takes the rest.
constexpr std::array age_classes{AgeClass{"1m", 1min}, AgeClass{"5m", 5min}, AgeClass{"15m", 15min},
                                 AgeClass{"1h", 1h},   AgeClass{"3h", 3h},   AgeClass{"12h", 12h},
                                 AgeClass{"1d", 24h},  AgeClass{"3d", 72h},  AgeClass{"7d", 168h},
                                 AgeClass{"more", 0s}};

struct Ages {
  std::uint64_t total = 0;
  std::array<std::uint64_t, age_classes.size()> counts{};

  void add(std::chrono::nanoseconds age, std::uint64_t entries) {
    std::size_t place = 0;
    while (place + 1 < age_classes.size() && age >= age_classes[place].below) ++place;
    counts[place] += entries;
    total += entries;
  }
  void add(const Ages& other) {
    total += other.total;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  }
};

using ByOperation = std::map<std::string, Ages>;

Result<void> gather(QueueView& view, State state, WallTime now, ByOperation& shape) {
  return view.each(state, [&](std::string_view file_name) {
    const auto report = report_entry(view, {state, std::string(file_name), parse_entry_name(file_name)});
    if (report.gone || !report.enqueued_at) return true;
    const std::string operation = report.operation();  // of a bundle, that of its first line
    shape[operation.empty() ? "(no entry)" : operation].add(now - *report.enqueued_at, report.entries);
    return true;
  });
}

std::vector<std::pair<std::string, Ages>> most_first(ByOperation shape) {
  std::vector<std::pair<std::string, Ages>> sorted(shape.begin(), shape.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.total > b.second.total; });
  return sorted;
}

Json to_json(const std::vector<std::pair<std::string, Ages>>& shape, const Ages& all) {
  Json classes = Json::array();
  for (const auto& age : age_classes) classes.push_back(age.name);
  Json operations = Json::array();
  for (const auto& [operation, ages] : shape) {
    operations.push_back({{"operation", operation}, {"total", ages.total}, {"ages", ages.counts}});
  }
  return {{"classes", classes}, {"total", all.total}, {"ages", all.counts}, {"operations", operations}};
}

class Table {
 public:
  Table() : terminal_(Terminal::of(1)) {}

  void head() const {
    std::string line = pad("OPERATION", name_columns) + pad_left("TOTAL", total_columns);
    for (const auto& age : age_classes) line += pad_left(age.name, class_columns);
    std::cout << terminal_.paint(Colour::bold, line) << "\n";
  }

  void row(const std::string& name, const Ages& ages) const {
    const auto name_shown = terminal_.is_terminal() ? cut(name, name_columns - 1) : name;
    std::cout << pad(name_shown, name_columns) << pad_left(brief(ages.total), total_columns);
    for (const auto count : ages.counts) {
      std::cout << pad_left(count == 0 ? "." : brief(count), class_columns);
    }
    std::cout << "\n";
  }

 private:
  // In four columns: 9999, 100k, 10M
  static std::string brief(std::uint64_t count) {
    if (count < 10'000) return std::to_string(count);
    if (count < 10'000'000) return std::to_string(count / 1000) + "k";
    return std::to_string(count / 1'000'000) + "M";
  }

  static constexpr std::size_t name_columns = 22;
  static constexpr std::size_t total_columns = 7;
  static constexpr std::size_t class_columns = 5;
  Terminal terminal_;
};

void print(const std::vector<std::pair<std::string, Ages>>& shape, const Ages& all, std::size_t limit) {
  const Table table;
  table.head();
  table.row("TOTAL", all);
  Ages others;
  std::size_t shown = 0;
  for (const auto& [operation, ages] : shape) {
    if (limit == 0 || shown++ < limit) {
      table.row(printable(operation), ages);
    } else {
      others.add(ages);
    }
  }
  if (others.total > 0) table.row("(" + std::to_string(shape.size() - limit) + " others)", others);
}

Result<int> run(const ShapeCommand& command, Session& session) {
  std::vector<State> states{State::pending, State::deferred};
  if (!command.state.empty()) {
    const auto state = parse_state_option(command.state);
    if (!state) return fail(exit_status::usage, state.error().message());
    states = {*state};
  }
  auto view = QueueView::open(session);
  if (!view) return view.error();
  ByOperation gathered;
  for (const State state : states) SPOOLD_TRY(gather(*view, state, session.clock.wall_now(), gathered));
  const auto shape = most_first(std::move(gathered));
  Ages all;
  for (const auto& [operation, ages] : shape) all.add(ages);
  if (command.json) {
    std::cout << to_text(to_json(shape, all)) << "\n";
  } else {
    print(shape, all, command.limit);
  }
  return exit_status::done;
}

}  // namespace

Action define_shape(CLI::App& command) {
  const auto options = std::make_shared<ShapeCommand>();
  command.add_option("STATE", options->state, state_words() + "; else what waits: pending and deferred");
  command.add_option("--limit", options->limit, "at most so many operations; 0: all. Default: 20")
      ->check(whole_number())
      ->type_name("N");
  command.add_flag("--json", options->json, "one JSON object, all operations");
  command.footer(
      "How many entries of which operation are how old; a column counts those younger than\n"
      "it says and not younger than the one before.\n\n"
      "Examples:\n"
      "  spoolctl shape\n"
      "  spoolctl shape failed");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
