#include "bench/scratch_queue.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "backend/sqlite_backend.hpp"
#include "bench/measure.hpp"
#include "os/posix_file_system.hpp"
#include "store/queue_layout.hpp"

namespace spoold::bench {

namespace {

constexpr std::uint64_t first_seq = 1'767'328'963'000'000'000;

void write_config(const ScratchQueue& queue, const std::string& backend) {
  std::ofstream file{queue.config()};
  file << "queue: { directory: " << queue.path() << " }\n"
       << "worker: { idle_exit: 0s }\n"
       << "backends:\n"
       << "  main: { type: sqlite, database: " << queue.database() << ", " << backend << " }\n"
       << "routes:\n"
       << "  - { operation: \"*\", backend: main }\n";
  require(static_cast<bool>(file.flush()), "cannot write " + queue.config());
}

}  // namespace

Database open_database(const std::string& path) {
  sqlite3* raw = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database{raw, ::sqlite3_close};
  require(code == SQLITE_OK, "cannot open " + path);
  ::sqlite3_busy_timeout(raw, 10'000);
  execute(raw, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  return database;
}

void execute(sqlite3* database, const std::string& sql) {
  const int code = ::sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
  require(code == SQLITE_OK, sql + ": " + ::sqlite3_errmsg(database));
}

std::int64_t query_number(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  ::sqlite3_prepare_v2(database, sql.c_str(), -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement{raw, ::sqlite3_finalize};
  const int code = raw != nullptr ? ::sqlite3_step(raw) : SQLITE_ERROR;
  require(code == SQLITE_ROW, sql + ": " + ::sqlite3_errmsg(database));
  return ::sqlite3_column_int64(raw, 0);
}

ScratchQueue::ScratchQueue(const std::string& parent, const std::string& name, WithDatabase with,
                           const std::string& backend)
    : path_(parent + "/" + name) {
  PosixFileSystem files;
  take(QueueLayout::create(files, path_, QueueModes{}));
  write_config(*this, backend);
  if (with == WithDatabase::no) return;
  SqliteOptions options;
  options.database = database();
  take(create_sqlite_database(options));
  execute(open_database(database()).get(), "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
}

void ScratchQueue::fill(std::size_t entries, std::string (*text)(std::uint64_t id),
                        std::uint64_t first) const {
  const std::string pending = path_ + "/pending/";
  int fd = -1;
  for (std::uint64_t i = first; i < first + entries; ++i) {
    const std::string file = pending + format_entry_name(plain_name(first_seq + i));
    const std::string bytes = text(i);
    fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    require(fd >= 0 && ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                ::close(fd) == 0,
            "cannot write " + file);
  }
  fd = ::open(pending.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(fd >= 0 && ::syncfs(fd) == 0, "cannot sync " + pending);
  ::close(fd);
}

EntryName plain_name(std::uint64_t seq) {
  EntryName name;
  name.seq = seq;
  return name;
}

std::string note_entry(std::uint64_t id) {
  const std::string number = std::to_string(id);
  return "{\"seq\":\"1767328963N_" + number +
         "\",\"priority\":5,\"operation\":\"note\",\"sql\":\"INSERT INTO notes(id, text) VALUES (" + number +
         ", 'a line of some forty characters, as notes are')\",\"metadata\":{},"
         "\"created_at\":\"2026-01-02T04:42:43Z\",\"retries\":0}\n";
}

}  // namespace spoold::bench
