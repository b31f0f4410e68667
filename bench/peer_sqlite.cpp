#include "bench/peer.hpp"

// Peers without a server: a loop in the shell over files, and a table of jobs beside the data.

namespace spoold::bench {
namespace {

// What a person writes first: files, jq, sqlite3 and mv.
class Shell final : public Peer {
 public:
  explicit Shell(const std::string& directory) : directory_(directory), database_(directory + "/notes.db") {
    for (const char* name : {".tmp", "pending", "completed"})
      static_cast<void>(fresh_directory(directory, name));
  }

  double put(std::size_t jobs) override {
    const std::string first = std::to_string(next_id_);
    next_id_ += jobs;
    const Stopwatch watch;
    run("for ((i = " + first + "; i < " + std::to_string(next_id_) +
        "; ++i)); do printf '{\"sql\":\"INSERT INTO notes(id, text) VALUES (%s, 1)\"}\\n' $i > .tmp/$i.json "
        "&& "
        "sync .tmp/$i.json && mv .tmp/$i.json pending/ && sync pending || exit 1; done");
    return static_cast<double>(jobs) / watch.seconds();
  }
  void fill(std::size_t jobs) override { static_cast<void>(put(jobs)); }
  double drain(std::size_t jobs, std::size_t batch) override {
    require(batch == 1, "the loop takes one at a time");
    const Stopwatch watch;
    run("for file in pending/*.json; do sql=$(jq -r .sql \"$file\") && "
        "sqlite3 notes.db \"PRAGMA synchronous=FULL; $sql\" && mv \"$file\" completed/ || exit 1; done");
    return static_cast<double>(jobs) / watch.seconds();
  }

 private:
  void run(const std::string& script) const {
    output_of({"bash", "-c", "cd '" + directory_ + "' && " + script});
  }

  std::string directory_;
  NotesDatabase database_;
  std::size_t next_id_ = 1;
};

// Faster than files can be: there is nothing to rename. What it has not is a producer that needs only `mv`.
class JobTable final : public Peer {
 public:
  explicit JobTable(const std::string& path) : database_(path) {
    execute(database_.get(), "CREATE TABLE jobs(id INTEGER PRIMARY KEY, sql TEXT NOT NULL)");
  }

  double put(std::size_t jobs) override {
    const Stopwatch watch;
    for (std::size_t i = 0; i < jobs; ++i) put_one();
    return static_cast<double>(jobs) / watch.seconds();
  }

  void fill(std::size_t jobs) override {
    execute(database_.get(), "BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < jobs; ++i) put_one();
    execute(database_.get(), "COMMIT");
  }

  double drain(std::size_t jobs, std::size_t batch) override {
    const Stopwatch watch;
    sqlite3_stmt* raw = nullptr;
    ::sqlite3_prepare_v2(database_.get(), "SELECT id, sql FROM jobs ORDER BY id LIMIT ?", -1, &raw, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> next{raw, ::sqlite3_finalize};
    for (std::size_t done = 0; done < jobs; done += batch) {
      execute(database_.get(), "BEGIN IMMEDIATE");
      std::vector<std::string> all;
      std::int64_t last = 0;
      ::sqlite3_bind_int64(next.get(), 1, static_cast<std::int64_t>(batch));
      while (::sqlite3_step(next.get()) == SQLITE_ROW) {
        last = ::sqlite3_column_int64(next.get(), 0);
        all.emplace_back(reinterpret_cast<const char*>(::sqlite3_column_text(next.get(), 1)));
      }
      ::sqlite3_reset(next.get());
      for (const std::string& sql : all) execute(database_.get(), sql);
      execute(database_.get(), "DELETE FROM jobs WHERE id <= " + std::to_string(last));
      execute(database_.get(), "COMMIT");
    }
    return static_cast<double>(jobs) / watch.seconds();
  }

 private:
  void put_one() {
    std::string sql = insert_note(next_id_++);
    for (std::size_t at = 0; (at = sql.find('\'', at)) != std::string::npos; at += 2) sql.insert(at, "'");
    execute(database_.get(), "INSERT INTO jobs(sql) VALUES ('" + sql + "')");
  }

  NotesDatabase database_;
  std::uint64_t next_id_ = 1;
};

}  // namespace

std::unique_ptr<Peer> start_shell(const std::string& parent) {
  if (!is_installed("jq") || !is_installed("sqlite3")) return nullptr;
  return std::make_unique<Shell>(fresh_directory(parent, "shell-design"));
}

std::unique_ptr<Peer> start_job_table(const std::string& parent) {
  return std::make_unique<JobTable>(parent + "/job-table.db");
}

}  // namespace spoold::bench
