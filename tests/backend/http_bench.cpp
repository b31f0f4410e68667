#include "backend/http_bench.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "entry/entry_format.hpp"
#include "support/print_result.hpp"

namespace spoold::test {

namespace asio = boost::asio;

struct HttpBench::Loop {
  asio::io_context context{1};
};

struct HttpBench::Running {
  Entry entry;
  EntryName name;
  std::optional<Outcome> outcome;
};

namespace {

asio::awaitable<void> perform(Backend& backend, Attempt attempt, std::optional<Outcome>& outcome,
                              std::size_t& ended) {
  std::vector<Attempt> batch;
  batch.push_back(std::move(attempt));
  auto outcomes = co_await backend.perform(std::move(batch));
  ++ended;
  outcome = std::move(outcomes.at(0));
}

asio::awaitable<void> open_backend(Backend& backend, std::optional<std::string>& reason) {
  const auto unavailable = co_await backend.open();
  reason = unavailable ? unavailable->reason : "";
}

}  // namespace

HttpBench::HttpBench(const std::string& url, const Change& change)
    : HttpBench(std::make_shared<Loop>(), url, change) {}

HttpBench::HttpBench(const HttpBench& beside, const std::string& url, const Change& change)
    : HttpBench(beside.loop_, url, change) {}

HttpBench::HttpBench(std::shared_ptr<Loop> loop, const std::string& url, const Change& change)
    : loop_(std::move(loop)) {
  HttpOptions options;
  options.url = url;
  if (change) change(options);
  backend_ = std::make_unique<HttpBackend>(loop_->context.get_executor(), clock, std::move(options));
}

HttpBench::~HttpBench() {
  backend_->stop();
  poll();
  backend_.reset();
}

void HttpBench::poll() {
  loop_->context.restart();
  loop_->context.poll();
}

void HttpBench::run_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not come to it in 30 s");
    loop_->context.restart();
    loop_->context.run_one_for(std::chrono::milliseconds{20});
  }
}

std::shared_ptr<HttpBench::Running> HttpBench::begin(const std::string& document) {
  auto running = std::make_shared<Running>();
  auto entry = parse_entry(document);
  REQUIRE(entry);
  running->entry = std::move(*entry);
  running->name.seq = ++seq_;
  running->name.attempts = 1;
  Attempt attempt;
  attempt.entry = &running->entry;
  attempt.name = &running->name;
  attempt.timeout = timeout;
  attempt.template_file = template_file;
  asio::co_spawn(loop_->context, perform(*backend_, std::move(attempt), running->outcome, ended_),
                 asio::detached);
  return running;
}

Outcome HttpBench::attempt_document(const std::string& document) {
  const auto running = begin(document);
  run_until([&] { return running->outcome.has_value(); });
  return *running->outcome;
}

Outcome HttpBench::attempt(const std::string& body, const std::string& key) {
  const std::string with_key = key.empty() ? "" : R"(,"key":")" + key + "\"";
  return attempt_document(R"({"operation":"test","body":)" + body + with_key + "}");
}

std::string HttpBench::run(const std::string& body, const std::string& key) {
  return describe(attempt(body, key));
}

Json HttpBench::receipt(const std::string& body) {
  const Outcome outcome = attempt(body);
  CAPTURE(describe(outcome));
  REQUIRE(std::holds_alternative<Done>(outcome));
  return std::get<Done>(outcome).receipt;
}

std::vector<std::string> HttpBench::run_at_once(std::size_t count, const std::function<void()>& meanwhile) {
  std::vector<std::shared_ptr<Running>> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(begin(R"({"operation":"test"})"));
  if (meanwhile) meanwhile();
  std::vector<std::string> outcomes;
  for (const auto& running : all) {
    run_until([&] { return running->outcome.has_value(); });
    outcomes.push_back(describe(*running->outcome));
  }
  return outcomes;
}

std::string HttpBench::open() {
  std::optional<std::string> reason;
  asio::co_spawn(loop_->context, open_backend(*backend_, reason), asio::detached);
  run_until([&] { return reason.has_value(); });
  return *reason;
}

std::string HttpBench::describe(const Outcome& outcome) {
  struct Describe {
    std::string operator()(const Done&) const { return "done"; }
    std::string operator()(const Retry& retry) const { return "retry: " + retry.reason; }
    std::string operator()(const Reject& reject) const {
      return (reject.pause_lane ? "reject and pause: " : "reject: ") + reject.reason;
    }
    std::string operator()(const Unavailable& unavailable) const {
      return "unavailable: " + unavailable.reason;
    }
    std::string operator()(const Interrupted& interrupted) const {
      return "interrupted: " + interrupted.reason;
    }
  };
  return std::visit(Describe{}, outcome);
}

}  // namespace spoold::test
