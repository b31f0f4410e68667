#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "config/config.hpp"
#include "exit_status.hpp"
#include "queue_pressure.hpp"
#include "run_command.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct ProduceCommand {
  bool force = false;
  std::vector<std::string> command;
};

// Entries that were put into the queue at `since` or later, in whatever state they are now.
Result<std::uint64_t> count_enqueued(QueueView& view, WallTime since) {
  std::uint64_t count = 0;
  for (const State state : all_states) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      const auto enqueued = view.enqueued_at({state, std::string(file_name), parse_entry_name(file_name)});
      if (enqueued && *enqueued >= since) ++count;
      return true;
    }));
  }
  return count;
}

// What the command finds in its environment, so that what it starts enqueues here.
void set_environment(const Session& session, const Pressure& pressure, std::uint32_t requested) {
  const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
  set("SPOOLD_PRODUCE_COUNT", std::to_string(requested));
  set("SPOOLD_PRODUCE_LEVEL", std::string(to_string(pressure.level)));
  set("SPOOLD_QUEUE", std::filesystem::absolute(session.queue_path));
  if (!session.config->file.empty()) set("SPOOLD_CONFIG", std::filesystem::absolute(session.config->file));
}

struct Production {
  bool should_produce = false;
  std::uint64_t requested = 0;
  std::uint64_t produced = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::chrono::nanoseconds duration{0};
  std::optional<int> exit_status;
};

void print(const Pressure& pressure, const Production& production) {
  const Json report{{"level", to_string(pressure.level)},
                    {"waiting", pressure.waiting},
                    {"should_produce", production.should_produce},
                    {"requested", production.requested},
                    {"produced", production.produced},
                    {"failed", production.failed},
                    {"skipped", production.skipped},
                    {"duration_ms", production.duration / std::chrono::milliseconds{1}},
                    {"exit_status", production.exit_status ? Json(*production.exit_status) : Json()}};
  std::cout << to_text(report) << "\n";
}

Result<int> run(const ProduceCommand& command, Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto pressure = measure_queue(session, *view);
  if (!pressure) return pressure.error();
  Production production;
  production.should_produce = pressure->produce > 0 || command.force;
  if (!production.should_produce) {
    print(*pressure, production);
    return exit_status::done;
  }
  const auto requested =
      pressure->produce > 0 ? pressure->produce : session.config->pressure.produce_balanced;
  production.requested = requested;
  set_environment(session, *pressure, requested);

  const WallTime since = session.clock.wall_now();
  const MonotonicTime began = session.clock.monotonic_now();
  const auto status = run_command(command.command);
  if (!status) return status.error();
  production.duration = session.clock.monotonic_now() - began;
  production.exit_status = *status;
  const auto produced = count_enqueued(*view, since);
  if (!produced) return produced.error();
  production.produced = *produced;
  const std::uint64_t missing = production.requested - std::min(production.requested, production.produced);
  (*status == 0 ? production.skipped : production.failed) = missing;
  print(*pressure, production);
  return *status;
}

}  // namespace

Action define_produce(CLI::App& command) {
  const auto options = std::make_shared<ProduceCommand>();
  command.add_flag("--force", options->force, "run it at any level");
  command.add_option("COMMAND", options->command, "the command and its arguments, after --")->required();
  command.footer(
      "Runs COMMAND only when the queue wants work ('spoolctl level'), with\n"
      "SPOOLD_PRODUCE_COUNT in its environment: how many entries to make; SPOOLD_QUEUE leads\n"
      "what it starts to this queue. Its output goes to standard error; then one JSON object is\n"
      "printed. Exit status: that of COMMAND (128 and the signal, 126 and 127 as shells have\n"
      "it), 0 where nothing was wanted.\n\n"
      "Examples:\n"
      "  spoolctl produce -- ./crawl-more\n"
      "  spoolctl produce --force -- sh -c 'make-samples | spoolctl enqueue --jsonl'");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
