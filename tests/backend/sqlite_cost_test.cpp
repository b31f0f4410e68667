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

// The same rows through SQLite alone, with or without what makes an entry an entry: its savepoint and its row
// in the ledger.
double bare(bool as_entries) {
  const SqliteBench bench;
  sqlite3* connection = nullptr;
  sqlite3_open(bench.path().c_str(), &connection);
  const auto prepared = [&](const char* text) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection, text, -1, &statement, nullptr);
    return statement;
  };
  const auto run = [](sqlite3_stmt* statement) {
    sqlite3_step(statement);
    sqlite3_reset(statement);
  };
  sqlite3_stmt* begin = prepared("BEGIN IMMEDIATE");
  sqlite3_stmt* commit = prepared("COMMIT");
  sqlite3_stmt* savepoint = prepared("SAVEPOINT entry");
  sqlite3_stmt* release = prepared("RELEASE entry");
  sqlite3_stmt* ledger =
      prepared("INSERT INTO spoold_ledger VALUES (?, zeroblob(32), ?1, ?1) ON CONFLICT DO NOTHING");
  sqlite3_stmt* insert = prepared(sql);
  const auto since = std::chrono::steady_clock::now();
  for (int i = 0; i < entries_count; ++i) {
    if (i % batch_size == 0) run(begin);
    if (as_entries) {
      run(savepoint);
      sqlite3_bind_int(ledger, 1, i);
      run(ledger);
    }
    sqlite3_bind_int(insert, 1, i);
    run(insert);
    if (as_entries) run(release);
    if (i % batch_size == batch_size - 1) run(commit);
  }
  const double cost = microseconds_each(since);
  for (sqlite3_stmt* statement : {begin, commit, savepoint, release, ledger, insert})
    sqlite3_finalize(statement);
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
    const double rows = bare(false);
    const double recorded = bare(true);
    const double ours = through_the_backend();
    std::cout << "microseconds an entry: bare " << rows << ", with savepoint and ledger " << recorded
              << ", through the backend " << ours << '\n';
  }
}
