#include "backend/sqlite_backend.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

#include "backend/sqlite_writer.hpp"

namespace spoold {

namespace asio = boost::asio;

// The writer's thread, and the way there and back.
class SqliteBackend::Thread {
 public:
  Thread(asio::any_io_executor loop, const Clock& clock, SqliteOptions options)
      : loop_(std::move(loop)), writer_(std::move(options), clock) {}
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() {
    writer_.stop();
    pool_.join();
  }

  // Runs `work` on the thread; the coroutine stays where it is, suspended, until the result is posted to it.
  template <class Value>
  [[nodiscard]] asio::awaitable<Value> call(std::function<Value(SqliteWriter&)> work) {
    auto start = [this](auto handler, std::function<Value(SqliteWriter&)> task) {
      auto back = asio::make_work_guard(asio::get_associated_executor(handler, loop_));
      asio::post(pool_, [this, handler = std::move(handler), task = std::move(task),
                         back = std::move(back)]() mutable {
        asio::post(back.get_executor(), [handler = std::move(handler), value = task(writer_)]() mutable {
          std::move(handler)(std::move(value));
        });
      });
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Value)>(
        std::move(start), asio::use_awaitable, std::move(work));
  }

  [[nodiscard]] SqliteWriter& writer() { return writer_; }

 private:
  asio::any_io_executor loop_;
  SqliteWriter writer_;
  asio::thread_pool pool_{1};
};

SqliteBackend::SqliteBackend(asio::any_io_executor loop, const Clock& clock, SqliteOptions options)
    : thread_(std::make_unique<Thread>(std::move(loop), clock, std::move(options))) {}

SqliteBackend::~SqliteBackend() = default;

asio::awaitable<std::optional<Unavailable>> SqliteBackend::open() {
  using Answer = std::optional<Unavailable>;
  std::function<Answer(SqliteWriter&)> work = [](SqliteWriter& writer) { return writer.open(); };
  co_return co_await thread_->call<Answer>(std::move(work));
}

asio::awaitable<std::vector<Outcome>> SqliteBackend::perform(std::vector<Attempt> batch) {
  using Answer = std::vector<Outcome>;
  for (const Attempt& attempt : batch) performing_.insert(attempt.name->seq);
  std::function<Answer(SqliteWriter&)> work = [&batch](SqliteWriter& writer) {
    return writer.perform(batch);
  };
  Answer outcomes = co_await thread_->call<Answer>(std::move(work));
  for (const Attempt& attempt : batch) {
    const std::uint64_t seq = attempt.name->seq;
    performing_.erase(performing_.find(seq));
    if (cancelled_.erase(seq) > 0) thread_->writer().forget_cancelled(seq);
  }
  co_return outcomes;
}

std::size_t SqliteBackend::batch_max() const {
  return thread_->writer().options().batch;
}

// A commit costs a sync, which so many lines make up for; more would only hold the lock for longer.
std::size_t SqliteBackend::bundle_max() const {
  return 2000;
}

std::size_t SqliteBackend::concurrency() const {
  return 1;
}

void SqliteBackend::stop() {
  thread_->writer().stop();
}

void SqliteBackend::interrupt(std::uint64_t seq) {
  if (!performing_.contains(seq)) return;
  cancelled_.insert(seq);
  thread_->writer().cancel(seq);
}

// A slice at a time, so that batches come in between.
asio::awaitable<void> SqliteBackend::maintain(WallTime now, std::uint64_t oldest_live) {
  LedgerCursor cursor;
  for (bool more = true; more;) {
    std::function<bool(SqliteWriter&)> work = [&cursor, now, oldest_live](SqliteWriter& writer) {
      return writer.forget(cursor, now, oldest_live);
    };
    more = co_await thread_->call<bool>(std::move(work));
  }
}

}  // namespace spoold
