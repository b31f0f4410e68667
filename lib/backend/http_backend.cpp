#include "backend/http_backend.hpp"

#include <algorithm>
#include <map>

#include "backend/http_call.hpp"
#include "backend/http_judgement.hpp"
#include "backend/http_verdict.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

constexpr std::size_t resolvers_max = 4;  // threads that look names up, for one backend

}  // namespace

class HttpBackend::Impl {
 public:
  Impl(asio::any_io_executor loop, const Clock& clock, HttpOptions options)
      : loop_(std::move(loop)),
        clock_(clock),
        options_(std::move(options)),
        plan_(plan_http(options_, problems_)),
        pool_(loop_, options_.keep_alive, options_.concurrency),
        resolver_(loop_, std::min(options_.concurrency, resolvers_max)) {}

  std::optional<Unavailable> open() {
    opened_ = false;
    if (!problems_.empty())
      return Unavailable{problems_.front().option + ": " + problems_.front().text, std::nullopt};
    auto tls = make_tls_context(options_.ca_file);
    if (!tls) return Unavailable{tls.error().message(), std::nullopt};
    auto files = read_http_files(options_, plan_);
    if (!files) return Unavailable{files.error().message(), std::nullopt};
    tls_ = std::move(*tls);
    files_ = std::move(*files);
    opened_ = true;
    return std::nullopt;
  }

  asio::awaitable<Outcome> perform(Attempt attempt) {
    if (stopped_) co_return Interrupted{"the worker stops"};
    if (!opened_) {
      if (auto unavailable = open()) co_return std::move(*unavailable);
    }
    const HttpTemplate* body_template = nullptr;
    if (auto unavailable = find_template(attempt, body_template)) co_return std::move(*unavailable);
    auto request = make_request(options_, plan_, files_, body_template, attempt, clock_.wall_now());
    if (!request) co_return reject_unasked(request.error().context);

    const MonotonicTime began = clock_.monotonic_now();
    const auto call = std::make_shared<HttpCall>(loop_, pool_, resolver_, plan_.policy, std::move(*request),
                                                 terms_of(attempt));
    const auto running = calls_.emplace(attempt.name->seq, call.get());
    const HttpAnswer answer = co_await call->run();
    calls_.erase(running);
    Outcome outcome = judge(answer, options_, plan_, clock_.wall_now(), clock_.monotonic_now() - began);
    if (plan_.url.chooses_host()) outcome = for_this_entry_alone(std::move(outcome));
    co_return outcome;
  }

  void stop() {
    stopped_ = true;
    for (const auto& [seq, call] : calls_) call->interrupt("the worker stops");
    pool_.clear();
  }

  void interrupt(std::uint64_t seq) {
    const auto [first, last] = calls_.equal_range(seq);
    for (auto running = first; running != last; ++running) running->second->interrupt("it was cancelled");
  }

  [[nodiscard]] const HttpOptions& options() const { return options_; }

 private:
  // The route's, the option's own, or none.
  std::optional<Unavailable> find_template(const Attempt& attempt, const HttpTemplate*& body_template) {
    body_template = plan_.body ? &*plan_.body : nullptr;
    const std::string path = attempt.template_file.value_or(options_.template_file);
    if (path.empty()) return std::nullopt;
    const auto found = template_at(path, plan_, files_);
    if (!found) return Unavailable{found.error().message(), std::nullopt};
    body_template = *found;
    return std::nullopt;
  }

  [[nodiscard]] HttpCall::Terms terms_of(const Attempt& attempt) const {
    const std::uint64_t kept = http_bytes_kept(options_, plan_);
    return {attempt.timeout.value_or(options_.timeout), options_.connect_timeout,
            HttpLimits{options_.response_header_bytes_max, options_.response_bytes_max, kept}, tls_};
  }

  asio::any_io_executor loop_;
  const Clock& clock_;
  HttpOptions options_;
  std::vector<HttpProblem> problems_;
  HttpPlan plan_;
  HttpFiles files_;
  std::shared_ptr<asio::ssl::context> tls_;
  HttpPool pool_;
  HttpResolver resolver_;
  std::multimap<std::uint64_t, HttpCall*> calls_;  // by seq; a copied file may bring one twice
  bool opened_ = false;
  bool stopped_ = false;
};

HttpBackend::HttpBackend(asio::any_io_executor loop, const Clock& clock, HttpOptions options)
    : impl_(std::make_unique<Impl>(std::move(loop), clock, std::move(options))) {}

HttpBackend::~HttpBackend() = default;

asio::awaitable<std::optional<Unavailable>> HttpBackend::open() {
  co_return impl_->open();
}

asio::awaitable<std::vector<Outcome>> HttpBackend::perform(std::vector<Attempt> batch) {
  std::vector<Outcome> outcomes;
  for (const Attempt& attempt : batch) {
    Outcome outcome = co_await impl_->perform(attempt);
    outcomes.push_back(std::move(outcome));
  }
  co_return outcomes;
}

std::size_t HttpBackend::concurrency() const {
  return impl_->options().concurrency;
}

std::chrono::nanoseconds HttpBackend::wait_max() const {
  return impl_->options().retry_after_max;
}

void HttpBackend::stop() {
  impl_->stop();
}

void HttpBackend::interrupt(std::uint64_t seq) {
  impl_->interrupt(seq);
}

// The services remember on their side; here there is nothing to keep.
asio::awaitable<void> HttpBackend::maintain(WallTime /*now*/, std::uint64_t /*oldest_live*/) {
  co_return;
}

}  // namespace spoold
