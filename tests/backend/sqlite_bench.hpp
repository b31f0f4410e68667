#pragma once

#include <sqlite3.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/sqlite_backend.hpp"
#include "os/clock.hpp"
#include "support/faulty_vfs.hpp"
#include "support/temp_directory.hpp"

namespace spoold::test {

// Stands still but for `tick` at each look at the monotonic time. Safe from any thread.
class HandClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override { return WallTime{std::chrono::nanoseconds{wall_}}; }
  [[nodiscard]] MonotonicTime monotonic_now() const override;

  void set_wall(WallTime time) { wall_ = time.time_since_epoch().count(); }
  void set_tick(std::chrono::nanoseconds tick) { tick_ = tick.count(); }
  // Calls `action` once, in the middle of the look that is the `count`-th from now. Set it while nothing
  // runs.
  void at_look(int count, std::function<void()> action);

 private:
  std::atomic<std::int64_t> wall_{1'767'328'963'000'000'000};
  std::atomic<std::int64_t> tick_{0};
  mutable std::atomic<std::int64_t> monotonic_{0};
  mutable std::atomic<int> looks_left_{0};
  std::function<void()> action_;
};

// A connection of somebody else's to the same database. A failure ends the test.
class OtherConnection {
 public:
  explicit OtherConnection(const std::string& path);
  OtherConnection(const OtherConnection&) = delete;
  OtherConnection& operator=(const OtherConnection&) = delete;
  ~OtherConnection();

  void execute(const std::string& sql);
  // Columns joined by '|', rows by ' '.
  [[nodiscard]] std::string query(const std::string& sql);

 private:
  sqlite3* connection_ = nullptr;
};

// A backend, not yet open, over a fresh database with its ledger and a table item(id INTEGER PRIMARY KEY,
// value).
class SqliteBench {
 public:
  using Change = std::function<void(SqliteOptions&)>;
  explicit SqliteBench(const Change& change = {});
  SqliteBench(const SqliteBench&) = delete;
  SqliteBench& operator=(const SqliteBench&) = delete;
  ~SqliteBench();

  // Entries by their JSON; each new one gets the next seq, and `operation` "test" where it has none.
  std::vector<Outcome> perform(const std::vector<std::string>& documents);
  std::string perform(const std::string& document) { return describe(perform(std::vector{document}).at(0)); }
  // The same, as one entry whose only field is `sql`.
  std::string run(const std::string& sql);
  // Performs one document again under the seq it had.
  std::string perform_as(std::uint64_t seq, const std::string& document,
                         std::optional<std::chrono::nanoseconds> timeout = {});
  // The entries from `first` on, under their index as seq; each must be done.
  void perform_all(const std::vector<Entry>& entries, std::size_t first, std::size_t count);
  // "" when open, else the reason.
  std::string open();
  void maintain(WallTime now, std::uint64_t oldest_live);

  // "done", or "reject: why" and the like.
  static std::string describe(const Outcome& outcome);
  static std::vector<std::string> describe(const std::vector<Outcome>& outcomes);

  [[nodiscard]] std::string query(const std::string& sql) const;
  void execute(const std::string& sql) const;

  // Ends the backend's connection and begins again, as a restarted daemon would.
  void restart();

  [[nodiscard]] const std::string& path() const { return options_.database; }
  [[nodiscard]] const TempDirectory& directory() const { return directory_; }
  [[nodiscard]] std::uint64_t last_seq() const { return seq_; }
  [[nodiscard]] SqliteBackend& backend() { return *backend_; }
  HandClock clock;
  FaultyVfs disk;  // the backend's

 private:
  struct Loop;
  template <class Value>
  Value wait(boost::asio::awaitable<Value> awaitable);

  TempDirectory directory_ = TempDirectory::in_memory();
  SqliteOptions options_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<SqliteBackend> backend_;
  std::uint64_t seq_ = 1'767'328'000'000'000'000;
};

// An entry that inserts a row into item.
std::string insert_item(int id, const std::string& key = "");

}  // namespace spoold::test
