#include <iostream>
#include <memory>

#include "exit_status.hpp"
#include "queue_pressure.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

Result<int> run(bool json, Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto pressure = measure_queue(session, *view);
  if (!pressure) return pressure.error();
  if (json) {
    std::cout << to_text(Json{{"level", to_string(pressure->level)},
                              {"waiting", pressure->waiting},
                              {"produce", pressure->produce}})
              << "\n";
  } else {
    std::cout << to_string(pressure->level) << " " << pressure->produce << "\n";
  }
  return pressure->produce > 0 ? exit_status::done : exit_status::try_later;
}

}  // namespace

Action define_level(CLI::App& command) {
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, R"(one JSON object: {"level","waiting","produce"})");
  command.footer(
      "Prints the level and how many entries a producer is to make now: STARVING, LOW,\n"
      "BALANCED, HIGH or OVERFLOW, by what waits in pending/ and for another attempt.\n"
      "Exit status: 0 produce, 75 none are wanted now.\n\n"
      "Examples:\n"
      "  spoolctl level && make-some-work\n"
      "  read -r level count < <(spoolctl level)");
  return [json](Session& session) { return run(*json, session); };
}

}  // namespace spoold
