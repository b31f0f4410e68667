#include "backend/command_bench.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "entry/entry_format.hpp"

namespace spoold::test {

namespace asio = boost::asio;

// One attempt, and what it came to.
struct CommandBench::Work {
  Entry entry;
  EntryName name;
  std::optional<Outcome> outcome;

  Attempt attempt(std::optional<std::chrono::nanoseconds> timeout = {}) const {
    return {&entry, &name, timeout};
  }
};

namespace {

Entry entry_of(const std::string& document) {
  Json json = parse_json(document).value();
  if (!json.contains("operation")) json["operation"] = "test";
  return make_entry(std::move(json)).value();
}

}  // namespace

CommandBench::CommandBench(const std::string& script, const Change& change) {
  std::signal(SIGPIPE, SIG_IGN);
  CommandOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script, "sh"};
  options.queue = queue_.path();
  if (change) change(options);
  backend_ = std::make_unique<CommandBackend>(loop_.get_executor(), clock_, options);
  open();
}

CommandBench::~CommandBench() = default;

template <class Value>
Value CommandBench::wait(asio::awaitable<Value> awaitable) {
  std::optional<Value> result;
  asio::co_spawn(loop_, std::move(awaitable), [&](std::exception_ptr problem, Value value) {
    if (problem) std::rethrow_exception(problem);
    result = std::move(value);
  });
  loop_.restart();
  while (!result && loop_.run_one() > 0) {
  }
  return std::move(result).value();
}

std::vector<Outcome> CommandBench::perform_all(const std::vector<std::string>& documents,
                                               std::optional<std::chrono::nanoseconds> timeout) {
  std::vector<Work> work(documents.size());
  std::size_t left = work.size();
  for (std::size_t i = 0; i < work.size(); ++i) {
    work[i].entry = entry_of(documents[i]);
    work[i].name.seq = ++seq_;
    work[i].name.attempts = 1;
    auto ended = [&left, &work, i](std::exception_ptr problem, std::vector<Outcome> outcomes) {
      if (problem) std::rethrow_exception(problem);
      work[i].outcome = std::move(outcomes.at(0));
      --left;
    };
    asio::co_spawn(loop_, backend_->perform({work[i].attempt(timeout)}), std::move(ended));
  }
  loop_.restart();
  while (left > 0) loop_.run_one();
  std::vector<Outcome> outcomes;
  for (Work& each : work) outcomes.push_back(std::move(each.outcome).value());
  return outcomes;
}

void CommandBench::begin(const std::string& document, const std::function<bool()>& until) {
  begun_.push_back(std::make_unique<Work>());
  Work& work = *begun_.back();
  work.entry = entry_of(document);
  work.name.seq = ++seq_;
  work.name.attempts = 1;
  asio::co_spawn(loop_, backend_->perform({work.attempt()}),
                 [](const std::exception_ptr&, const std::vector<Outcome>&) {});
  loop_.restart();
  while (!until()) loop_.run_one();
}

Outcome CommandBench::perform(const std::string& document) {
  return std::move(perform_all({document}).at(0));
}

std::string CommandBench::run(const std::string& document, std::optional<std::chrono::nanoseconds> timeout) {
  return describe(perform_all({document}, timeout).at(0));
}

Json CommandBench::receipt(const std::string& document) {
  Outcome outcome = perform(document);
  auto* const done = std::get_if<Done>(&outcome);
  if (done == nullptr) throw std::runtime_error(describe(outcome));
  return std::move(done->receipt);
}

std::string CommandBench::open() {
  const auto problem = wait(backend_->open());
  return problem ? problem->reason : "";
}

void CommandBench::when_told_in(const std::string& queue, std::function<void()> action) {
  const std::string path = queue + "/told";
  if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("cannot make " + path);
  told_.emplace(loop_, ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  told_->async_wait(asio::posix::stream_descriptor::wait_read,
                    [action = std::move(action)](const boost::system::error_code& problem) {
                      if (!problem) action();
                    });
}

pid_t CommandBench::number_in(const std::string& file) const {
  return std::stoi(queue_.read(file));
}

std::string CommandBench::describe(const Outcome& outcome) {
  return std::visit(
      [&](const auto& each) {
        std::string text{to_string(outcome)};
        if constexpr (requires { each.reason; }) text += ": " + each.reason;
        return text;
      },
      outcome);
}

bool is_running(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  const std::size_t state = text.rfind(')') + 2;
  return text.at(state) != 'Z' && text.at(state) != 'X';
}

}  // namespace spoold::test
