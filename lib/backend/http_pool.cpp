#include "backend/http_pool.hpp"

namespace spoold {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

struct HttpPool::Kept {
  std::string origin;
  std::unique_ptr<HttpConnection> connection;
  Clock::time_point until;
};

// Held by the pool alone; the timer's handler only asks whether it is still there.
struct HttpPool::State {
  State(const asio::any_io_executor& loop, std::chrono::nanoseconds time, std::size_t most)
      : keep_alive(time), connections_max(most), timer(loop) {}

  std::chrono::nanoseconds keep_alive;
  std::size_t connections_max;
  asio::steady_timer timer;
  bool watched = false;
  std::deque<Kept> kept;  // the oldest first
};

HttpPool::HttpPool(const asio::any_io_executor& loop, std::chrono::nanoseconds keep_alive,
                   std::size_t connections_max)
    : state_(std::make_shared<State>(loop, keep_alive, connections_max)) {}

HttpPool::~HttpPool() = default;

std::unique_ptr<HttpConnection> HttpPool::take(const std::string& origin) {
  auto& kept = state_->kept;
  for (std::size_t i = kept.size(); i-- > 0;) {
    if (kept[i].origin != origin) continue;
    auto connection = std::move(kept[i].connection);
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i));
    if (connection->is_quiet()) return connection;
  }
  return nullptr;
}

void HttpPool::put(const std::string& origin, std::unique_ptr<HttpConnection> connection) {
  if (state_->keep_alive.count() == 0) return;
  auto& kept = state_->kept;
  if (kept.size() >= state_->connections_max) kept.pop_front();
  kept.push_back({origin, std::move(connection),
                  Clock::now() + std::chrono::duration_cast<Clock::duration>(state_->keep_alive)});
  if (!state_->watched) watch(state_);
}

void HttpPool::clear() {
  state_->kept.clear();
  state_->timer.cancel();
}

std::size_t HttpPool::size() const {
  return state_->kept.size();
}

// Waits for the oldest to fall due; without any there is nothing to wait for, and no wake-up.
void HttpPool::watch(const std::shared_ptr<State>& state) {
  state->watched = !state->kept.empty();
  if (!state->watched) return;
  state->timer.expires_at(state->kept.front().until);
  auto handler = [weak = std::weak_ptr<State>(state)](const boost::system::error_code&) {
    const auto held = weak.lock();
    if (!held) return;
    while (!held->kept.empty() && held->kept.front().until <= Clock::now()) held->kept.pop_front();
    watch(held);
  };
  state->timer.async_wait(std::move(handler));
}

}  // namespace spoold
