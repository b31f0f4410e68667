#include "backend/http_call.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/duration.hpp"

namespace spoold {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// A look-up that can be walked away from: it cannot be stopped, but nobody has to wait.
struct HttpCall::Lookup {
  explicit Lookup(const asio::any_io_executor& loop) : finished(loop, Clock::time_point::max()) {}

  asio::steady_timer finished;  // cancelled when there is something to look at
  std::optional<HttpAddresses> found;
};

HttpCall::HttpCall(const asio::any_io_executor& loop, HttpPool& pool, HttpResolver& resolver,
                   const HttpAddressPolicy& policy, HttpRequest request, Terms terms)
    : loop_(loop),
      pool_(pool),
      resolver_(resolver),
      policy_(policy),
      request_(std::move(request)),
      terms_(std::move(terms)),
      timer_(loop) {}

asio::awaitable<HttpAnswer> HttpCall::run() {
  deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(terms_.timeout);
  HttpAnswer answer = co_await perform();
  ++turn_;
  timer_.cancel();
  connection_.reset();
  co_return answer;
}

// A server may close a kept connection at the very moment a request is sent on it. Where the connection was
// used before and ended without one byte of an answer, the request was almost surely never read, and it is
// sent once more on a new connection, in the same attempt. Were it read after all, the server sees the same
// Idempotency-Key twice, which is what a retry in a later attempt would show it as well: nothing is lost by
// not waiting for that. A new connection that ends like this is never tried again here.
asio::awaitable<HttpAnswer> HttpCall::perform() {
  connection_ = pool_.take(request_.url.origin());
  if (connection_) {
    limit(deadline_);
    HttpExchange first = co_await exchange();
    const bool stale = !first.response && !first.answered && first.closed;
    if (!stale || timed_out_ || interrupted_) co_return conclude(std::move(first));
  }
  if (auto failure = co_await connect()) co_return std::move(*failure);
  limit(deadline_);
  HttpExchange only = co_await exchange();
  co_return conclude(std::move(only));
}

asio::awaitable<HttpExchange> HttpCall::exchange() {
  co_return co_await connection_->exchange(request_, terms_.limits);
}

HttpAnswer HttpCall::conclude(HttpExchange exchange) {
  using Kind = HttpFailure::Kind;
  const std::string within = "within " + format_duration(terms_.timeout);
  if (exchange.response) {
    HttpResponse& response = *exchange.response;
    const bool broken = response.end == HttpResponse::End::broken;
    if (broken && interrupted_) return *stopped();
    if (broken && timed_out_) response.trouble = "it did not end " + within;
    if (connection_->is_reusable() && !timed_out_ && !interrupted_)
      pool_.put(request_.url.origin(), std::move(connection_));
    return std::move(response);
  }
  if (interrupted_) return *stopped();
  const std::string of = request_.url.authority() + ": ";
  if (timed_out_) return HttpFailure{Kind::no_answer, of + "no answer came " + within};
  return HttpFailure{Kind::no_answer, of + exchange.trouble};
}

HttpFailure HttpCall::unreachable(const std::string& why) const {
  return {HttpFailure::Kind::unreachable, request_.url.authority() + ": " + why};
}

std::optional<HttpFailure> HttpCall::stopped() const {
  if (!interrupted_) return std::nullopt;
  return HttpFailure{HttpFailure::Kind::interrupted, *interrupted_};
}

asio::awaitable<std::optional<HttpFailure>> HttpCall::connect() {
  const Time until =
      std::min(deadline_, Clock::now() + std::chrono::duration_cast<Clock::duration>(terms_.connect_timeout));
  limit(until);
  auto resolved = co_await resolve();
  if (auto* const failure = std::get_if<HttpFailure>(&resolved)) co_return std::move(*failure);
  Endpoints& found = std::get<Endpoints>(resolved);
  Endpoints allowed;
  std::optional<std::string> refusal;
  for (const tcp::endpoint& endpoint : found) {
    if (auto why = policy_.refuse_address(endpoint.address()))
      refusal = std::move(why);
    else
      allowed.push_back(endpoint);
  }
  if (allowed.empty() && refusal)
    co_return HttpFailure{HttpFailure::Kind::refused, request_.url.authority() + ": " + *refusal};
  co_return co_await connect_to_one_of(std::move(allowed), until);
}

asio::awaitable<std::variant<HttpCall::Endpoints, HttpFailure>> HttpCall::resolve() {
  const HttpUrl& url = request_.url;
  error_code no_literal;
  const auto literal = asio::ip::make_address(url.host, no_literal);
  if (!no_literal) co_return Endpoints{tcp::endpoint{literal, url.port}};

  lookup_ = std::make_shared<Lookup>(loop_);
  auto take = [lookup = lookup_.get()](HttpAddresses found) {
    lookup->found = std::move(found);
    lookup->finished.cancel();
  };
  if (!resolver_.resolve(url.host, url.port, lookup_, std::move(take)))
    co_return unreachable("its address was not found: no thread is to be had to look it up");
  error_code ignored;
  co_await lookup_->finished.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  const auto lookup = std::move(lookup_);
  if (auto failure = stopped()) co_return std::move(*failure);
  if (!lookup->found) co_return unreachable("its address was not found in time");
  if (lookup->found->endpoints.empty())
    co_return unreachable("its address was not found: " + lookup->found->trouble);
  co_return std::move(lookup->found->endpoints);
}

// One after the other, each with its share of the time that is left, so that a dead one leaves some for the
// next.
asio::awaitable<std::optional<HttpFailure>> HttpCall::connect_to_one_of(Endpoints endpoints, Time until) {
  std::string troubles;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto left = until - Clock::now();
    if (left.count() <= 0) break;
    limit(Clock::now() + left / static_cast<long>(endpoints.size() - i));
    connection_ = std::make_unique<HttpConnection>(loop_, request_.url.tls ? terms_.tls : nullptr);
    const auto trouble = co_await connection_->connect(endpoints[i], request_.url.host);
    if (auto failure = stopped()) co_return std::move(*failure);
    if (!trouble && !timed_out_) co_return std::nullopt;
    troubles += troubles.empty() ? "" : "; ";
    troubles += endpoints[i].address().to_string() + ": ";
    troubles += timed_out_ ? "no connection in time" : *trouble;
  }
  co_return unreachable(troubles.empty() ? "no connection in time" : troubles);
}

void HttpCall::limit(Time at) {
  timed_out_ = false;
  timer_.expires_at(at);
  auto handler = [weak = weak_from_this(), turn = ++turn_](const error_code& problem) {
    const auto call = weak.lock();
    if (problem || !call || call->turn_ != turn) return;
    call->timed_out_ = true;
    call->abandon();
  };
  timer_.async_wait(std::move(handler));
}

void HttpCall::interrupt(std::string why) {
  interrupted_ = std::move(why);
  abandon();
}

void HttpCall::abandon() {
  if (lookup_) lookup_->finished.cancel();
  if (connection_) connection_->close();
}

}  // namespace spoold
