#include "worker/settler.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/run_on.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

// Larger groups would make the first of them wait for long, and other lanes' claims too.
constexpr std::size_t group_max = 64;

}  // namespace

struct Settler::Waiting {
  explicit Waiting(const asio::any_io_executor& loop)
      : settled(loop, asio::steady_timer::time_point::max()) {}

  std::vector<Settlement> settlements;
  std::optional<SettledBatch> result;
  asio::steady_timer settled;  // cancelled when there is a result
};

asio::awaitable<SettledBatch> Settler::settle(std::vector<Settlement> settlements) {
  const auto mine = std::make_shared<Waiting>(context_.loop);
  mine->settlements = std::move(settlements);
  waiting_.push_back(mine);
  if (!std::exchange(settling_, true)) spawn(context_.loop, settle_groups());
  while (!mine->result) co_await mine->settled.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return std::move(*mine->result);
}

asio::awaitable<void> Settler::settle_groups() {
  while (!waiting_.empty()) {
    std::vector<std::shared_ptr<Waiting>> group;
    std::vector<std::vector<Settlement>> batches;
    while (!waiting_.empty() && group.size() < group_max) {
      batches.push_back(std::move(waiting_.front()->settlements));
      group.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    auto work = [this, &batches] { return settle_group(context_.store, std::move(batches)); };
    std::vector<SettledBatch> settled = co_await run_on(context_.store_thread, std::move(work));
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i]->result = std::move(settled[i]);
      group[i]->settled.cancel();
    }
  }
  settling_ = false;
}

}  // namespace spoold
