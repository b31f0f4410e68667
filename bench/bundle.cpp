// Bundles: `spoolctl enqueue --bundle` and a real spoold that drains them, beside what the kernel and SQLite
// allow: one durable file of the same bytes, and inserts with a ledger and savepoints in large transactions.

#include <sqlite3.h>

#include <array>

#include "bench/bare_calls.hpp"
#include "bench/bundles.hpp"
#include "bench/measure.hpp"
#include "bench/runs.hpp"
#include "bench/scratch_queue.hpp"

namespace spoold::bench {
namespace {

constexpr std::size_t lines_each = 10'000;
constexpr std::size_t rows_a_commit = 2'000;  // as spoold's own slices

double enqueue_rate(const ScratchQueue& queue, const std::string& lines, std::size_t entries) {
  const Stopwatch watch;
  enqueue_bundles(queue, lines);
  return static_cast<double>(entries) / watch.seconds();
}

// The same bytes into files of as many lines, each durable.
double write_rate(const ScratchQueue& queue, std::size_t entries) {
  std::vector<std::string> texts;
  for (std::uint64_t id = 0; id < entries; ++id) {
    if (id % lines_each == 0) texts.emplace_back();
    texts.back() += bundled_line(id);
  }
  const Order order = order_of(queue.path());
  const UniqueFd staging = open_directory(queue.path() + "/.tmp");
  const UniqueFd pending = open_directory(queue.path() + "/pending");
  const Stopwatch watch;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string name = std::to_string(i) + ".jsonl";
    write_file(staging, name.c_str(), texts[i], order);
    move_new(name, staging, pending);
  }
  sync_names(pending);
  return static_cast<double>(entries) / watch.seconds();
}

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    require(::sqlite3_prepare_v2(database, sql, -1, &raw_, nullptr) == SQLITE_OK, sql);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { ::sqlite3_finalize(raw_); }

  [[nodiscard]] sqlite3_stmt* get() const { return raw_; }
  void run() const {
    require(::sqlite3_step(raw_) == SQLITE_DONE, "the floor program's SQL failed");
    ::sqlite3_reset(raw_);
  }

 private:
  sqlite3_stmt* raw_ = nullptr;
};

// What SQLite takes for a row with its ledger row, each under a savepoint: nothing is parsed or hashed.
double insert_rate(const ScratchQueue& queue, std::size_t entries) {
  const Database database = open_database(queue.database());
  const Statement savepoint{database.get(), "SAVEPOINT entry"};
  const Statement release{database.get(), "RELEASE entry"};
  const Statement ledger{database.get(),
                         "INSERT INTO spoold_ledger(key, digest, entry, done_at) VALUES (?1, ?2, ?3, ?4) ON "
                         "CONFLICT DO NOTHING"};
  const Statement row{database.get(), "INSERT INTO notes(id, text) VALUES (?, ?)"};
  const std::array<char, 32> digest{};
  const Stopwatch watch;
  for (std::uint64_t id = 0; id < entries; ++id) {
    if (id % rows_a_commit == 0) execute(database.get(), "BEGIN IMMEDIATE");
    const auto number = static_cast<sqlite3_int64>(1'767'328'963'000'000'000 + id);
    const std::string text = bundled_text(id);
    savepoint.run();
    ::sqlite3_bind_int64(ledger.get(), 1, number);
    ::sqlite3_bind_blob(ledger.get(), 2, digest.data(), digest.size(), SQLITE_STATIC);
    ::sqlite3_bind_int64(ledger.get(), 3, number);
    ::sqlite3_bind_int64(ledger.get(), 4, number);
    ledger.run();
    ::sqlite3_bind_int64(row.get(), 1, static_cast<sqlite3_int64>(id));
    ::sqlite3_bind_text(row.get(), 2, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    row.run();
    release.run();
    if ((id + 1) % rows_a_commit == 0 || id + 1 == entries) execute(database.get(), "COMMIT");
  }
  return static_cast<double>(entries) / watch.seconds();
}

struct Both {
  Rounds enqueue;
  Rounds drain;
};

Both measure(const Options& options, std::size_t entries) {
  const std::string lines = options.directory + "/rows.jsonl";
  write_lines(lines, entries);
  const double start_up = start_up_seconds(options.directory);
  Both both;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const std::string number = std::to_string(round);
    const ScratchQueue queue{options.directory, "bundle-spoold-" + number};
    const ScratchQueue floor{options.directory, "bundle-floor-" + number};
    in_turn(
        round, [&] { both.enqueue.spoold.push_back(enqueue_rate(queue, lines, entries)); },
        [&] { both.enqueue.floor.push_back(write_rate(floor, entries)); });
    in_turn(
        round, [&] { both.drain.spoold.push_back(bundles_drain_rate(queue, entries, start_up)); },
        [&] { both.drain.floor.push_back(insert_rate(floor, entries)); });
  }
  return both;
}

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  const std::size_t entries = options.entries * 5;
  const Both both = measure(options, entries);
  report(compare("enqueue_bundle", "durable enqueue, in bundles", "entries/s", both.enqueue,
                 ">= 75000 entries/s"));
  report(compare("drain_bundle", "drain of bundles into SQLite, synchronous=FULL", "entries/s", both.drain,
                 ">= 0.60, or 100000 entries/s"));
}
