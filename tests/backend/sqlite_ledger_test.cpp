#include <catch2/catch.hpp>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using std::chrono::hours;

namespace {

constexpr WallTime begin{std::chrono::nanoseconds{1'767'328'000'000'000'000}};
constexpr auto week = hours{24 * 7};

std::uint64_t seq_at(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

std::string rows(const SqliteBench& bench) {
  return bench.query("SELECT key FROM spoold_ledger ORDER BY key");
}

void perform_at(SqliteBench& bench, WallTime time, std::uint64_t seq, const std::string& document) {
  bench.clock.set_wall(time);
  REQUIRE(bench.perform_as(seq, document) == "done");
}

// `count` rows with seqs from `first` on, or keys k0000 on, all done at `time`.
void fill(const SqliteBench& bench, int count, std::uint64_t first, WallTime time, const std::string& key) {
  bench.execute("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
                std::to_string(count) + ") INSERT INTO spoold_ledger SELECT " + key + ", x'00', i + " +
                std::to_string(first) + ", " + std::to_string(time.time_since_epoch().count()) + " FROM n");
}

}  // namespace

TEST_CASE("the ledger forgets what is old and has left the queue, and nothing else") {
  SqliteBench bench;
  perform_at(bench, begin, seq_at(begin) - 3, insert_item(1));
  perform_at(bench, begin, seq_at(begin) - 2, insert_item(2, "old"));
  perform_at(bench, begin, seq_at(begin) - 1, insert_item(3));
  perform_at(bench, begin + hours{1}, seq_at(begin), insert_item(4));
  perform_at(bench, begin + hours{1}, seq_at(begin) + 1, insert_item(5, "young"));
  const std::string all = rows(bench);

  // Nothing is old enough; nothing has left.
  bench.maintain(begin + week, seq_at(begin) + 100);
  CHECK(rows(bench) == all);
  bench.maintain(begin + 2 * week, 1);
  CHECK(rows(bench) == all);

  // Half an hour too early for the second half; the third entry is the oldest that lives.
  bench.maintain(begin + week + std::chrono::minutes{30}, seq_at(begin) - 1);
  CHECK(rows(bench) == std::to_string(seq_at(begin) - 1) + " " + std::to_string(seq_at(begin)) + " young");
  bench.maintain(begin + week + std::chrono::minutes{30}, seq_at(begin) + 100);
  CHECK(rows(bench) == std::to_string(seq_at(begin)) + " young");
  bench.maintain(begin + 2 * week, ~std::uint64_t{0});
  CHECK(rows(bench).empty());
}

TEST_CASE("an entry that waited long before it was done is remembered from then on") {
  SqliteBench bench;
  perform_at(bench, begin + 3 * week, seq_at(begin), insert_item(1));
  bench.maintain(begin + 3 * week + hours{1}, seq_at(begin) + 1);
  CHECK(rows(bench) == std::to_string(seq_at(begin)));
}

TEST_CASE("many rows are forgotten in slices") {
  SqliteBench bench;
  CHECK(bench.open().empty());
  fill(bench, 2500, seq_at(begin), begin, "i + " + std::to_string(seq_at(begin)));
  fill(bench, 2500, seq_at(begin), begin, "printf('k%05d', i)");
  fill(bench, 1500, seq_at(begin), begin + week, "printf('kept%05d', i)");
  bench.maintain(begin + week + hours{1}, seq_at(begin) + 10'000);
  CHECK(bench.query("SELECT count(*), min(key) FROM spoold_ledger") == "1500|kept00000");
}

TEST_CASE("forgetting takes no write lock where there is nothing to forget") {
  SqliteBench bench;
  perform_at(bench, begin, seq_at(begin), insert_item(1));
  OtherConnection writer{bench.path()};
  const std::string version = writer.query("PRAGMA data_version");
  writer.execute("BEGIN IMMEDIATE");
  bench.maintain(begin + hours{1}, seq_at(begin) + 10);
  writer.execute("COMMIT");
  CHECK(bench.perform_as(seq_at(begin), insert_item(1)) == "done");
  CHECK(rows(bench) == std::to_string(seq_at(begin)));
}

TEST_CASE("forgetting while the database is locked, missing or never opened does nothing") {
  SqliteBench bench;
  bench.maintain(begin, 1);
  perform_at(bench, begin, 5, insert_item(1));
  {
    OtherConnection writer{bench.path()};
    writer.execute("BEGIN IMMEDIATE");
    bench.maintain(begin + 2 * week, 10);
  }
  CHECK(rows(bench) == "5");
  bench.maintain(begin + 2 * week, 10);
  CHECK(rows(bench).empty());
  bench.backend().stop();
  bench.maintain(begin + 2 * week, 10);
}
