#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "backend/sqlite_bench.hpp"
#include "entry/entry_format.hpp"

using namespace spoold;
using namespace spoold::test;

namespace {

constexpr int entries_count = 100'000;
constexpr int batch_size = 100;
constexpr const char* sql = "INSERT INTO item(value) VALUES (?)";

double microseconds_each(std::chrono::steady_clock::time_point since) {
  const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - since;
  return passed.count() / entries_count;
}

double bare() {
  const SqliteBench bench;
  sqlite3* connection = nullptr;
  sqlite3_open(bench.path().c_str(), &connection);
  sqlite3_exec(connection, "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(connection, sql, -1, &insert, nullptr);
  const auto since = std::chrono::steady_clock::now();
  for (int i = 0; i < entries_count; ++i) {
    if (i % batch_size == 0) sqlite3_exec(connection, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    sqlite3_bind_int(insert, 1, i);
    sqlite3_step(insert);
    sqlite3_reset(insert);
    if (i % batch_size == batch_size - 1) sqlite3_exec(connection, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double cost = microseconds_each(since);
  sqlite3_finalize(insert);
  sqlite3_close(connection);
  return cost;
}

double through_the_backend() {
  SqliteBench bench;
  std::vector<Entry> entries;
  for (int i = 0; i < entries_count; ++i) {
    entries.push_back(make_entry(Json{{"operation", "test"}, {"sql", sql}, {"params", {i}}}).value());
  }
  const auto since = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < entries_count; i += batch_size) bench.perform_all(entries, i, batch_size);
  return microseconds_each(since);
}

}  // namespace

// Not run by itself: `test_sqlite_backend [.cost]`.
TEST_CASE("the cost of an entry beside bare SQLite", "[.cost]") {
  for (int round = 0; round < 3; ++round) {
    const double floor = bare();
    const double ours = through_the_backend();
    std::cout << "bare " << floor << " us, backend " << ours << " us an entry\n";
  }
}
