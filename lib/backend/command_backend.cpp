#include "backend/command_backend.hpp"

#include "backend/command_environment.hpp"
#include "backend/command_invocation.hpp"
#include "backend/command_reaper.hpp"
#include "backend/command_run.hpp"
#include "backend/command_verdict.hpp"

namespace spoold {

namespace asio = boost::asio;

CommandBackend::CommandBackend(asio::any_io_executor loop, const Clock& clock, CommandOptions options)
    : loop_(std::move(loop)),
      clock_(clock),
      options_(std::move(options)),
      environment_(make_environment(options_)),
      starter_(loop_, options_) {
  if (!options_.queue.empty()) environment_.push_back("SPOOLD_QUEUE=" + options_.queue);
}

CommandBackend::~CommandBackend() {
  for (const auto& each : begun_) {
    const auto begun = each.lock();
    if (begun && begun->run) begun->run->kill_now();
  }
}

asio::awaitable<std::optional<Unavailable>> CommandBackend::open() {
  if (const auto ready = CommandReaper::of_this_process().take_office(); !ready)
    co_return Unavailable{ready.error().message(), {}};
  co_return co_await starter_.look_at_program();
}

asio::awaitable<std::vector<Outcome>> CommandBackend::perform(std::vector<Attempt> batch) {
  std::vector<Outcome> outcomes;
  for (const Attempt& attempt : batch) {
    Outcome outcome = co_await perform_one(attempt);
    outcomes.push_back(std::move(outcome));
  }
  co_return outcomes;
}

asio::awaitable<Outcome> CommandBackend::perform_one(Attempt attempt) {
  if (stopping_) co_return Interrupted{"the worker stops"};
  auto made = make_invocation(attempt, options_, environment_);
  if (auto* const reject = std::get_if<Reject>(&made)) co_return std::move(*reject);
  auto& invocation = std::get<CommandInvocation>(made);
  std::string mark = CommandReaper::of_this_process().next_mark(options_.queue);
  invocation.environment.push_back(std::string(command_mark_name) + "=" + mark);

  const MonotonicTime began = clock_.monotonic_now();
  const auto begun = std::make_shared<Begun>(Begun{.seq = attempt.name->seq, .run = {}});
  std::erase_if(begun_, [](const auto& each) { return each.expired(); });
  begun_.push_back(begun);
  std::string input = std::move(invocation.input).value_or("");
  auto spawned = co_await starter_.start(std::move(invocation));
  if (auto* const fault = std::get_if<SpawnFault>(&spawned)) {
    if (auto* const reject = std::get_if<Reject>(fault)) co_return std::move(*reject);
    co_return std::get<Unavailable>(std::move(*fault));
  }
  auto& command = std::get<SpawnedCommand>(spawned);
  const auto run =
      std::make_shared<CommandRun>(loop_, command.release(), std::move(mark), options_.output_bytes_max);
  if (const auto attached = run->attach(std::move(command), std::move(input)); !attached)
    co_return Retry{"ended at once: " + attached.error().message(), {}};  // it may have done something
  begun->run = run;
  if (stopping_) run->interrupt();
  if (begun->cancelled) run->cancel();

  const std::chrono::nanoseconds timeout = attempt.timeout.value_or(options_.timeout);
  const CommandEnd end = co_await run->run(timeout, options_.kill_grace);
  const CommandReport report{
      .end = end,
      .output = run->output(),
      .errors = run->errors(),
      .timeout = timeout,
      .duration = clock_.monotonic_now() - began,
      .finished_at = clock_.wall_now(),
  };
  co_return judge(report, options_.verdicts);
}

void CommandBackend::stop() {
  stopping_ = true;
  for (const auto& each : begun_) {
    const auto begun = each.lock();
    if (begun && begun->run) begun->run->interrupt();
  }
}

void CommandBackend::interrupt(std::uint64_t seq) {
  for (const auto& each : begun_) {
    const auto begun = each.lock();
    if (!begun || begun->seq != seq) continue;
    begun->cancelled = true;
    if (begun->run) begun->run->cancel();
  }
}

asio::awaitable<void> CommandBackend::maintain(WallTime, std::uint64_t) {
  co_return;
}

}  // namespace spoold
