#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// The database without what SQLite keeps beside it, as an operator's `rm` or `mv` takes it.
void remove_database(const SqliteBench& bench) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(bench.path() + suffix);
}

}  // namespace

TEST_CASE("a missing database is said, and not made") {
  SqliteBench bench;
  remove_database(bench);
  const std::string expected =
      "database " + bench.path() + " is missing; it is made only by `spoolctl init` or restored by you";
  CHECK(bench.open() == expected);
  CHECK(bench.perform(insert_item(1)) == "unavailable: " + expected);
  CHECK_FALSE(fs::exists(bench.path()));
}

TEST_CASE("a database that is none says what it is instead") {
  SqliteBench bench;
  remove_database(bench);
  bench.directory().write("main.db", "");
  CHECK_THAT(bench.open(), Contains("is empty (0 bytes)"));
  bench.directory().write("main.db", std::string(8192, 'x'));
  CHECK_THAT(bench.open(), Contains("is no SQLite database") && Contains("file is not a database"));
  CHECK(bench.directory().read("main.db") == std::string(8192, 'x'));
  fs::remove(bench.path());
  fs::create_directory(bench.path());
  CHECK_THAT(bench.open(), Contains("is not a regular file"));
  fs::remove(bench.path());
  CHECK(::mkfifo(bench.path().c_str(), 0600) == 0);
  CHECK_THAT(bench.open(), Contains("is not a regular file"));
  fs::remove(bench.path());
  fs::create_symlink(bench.path(), bench.path());
  CHECK_THAT(bench.open(), Contains("cannot be reached: Too many levels of symbolic links"));
}

TEST_CASE("a database removed while in use is not made anew, and work goes on when it is back") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  fs::copy(bench.path(), bench.path() + ".backup");
  fs::copy(bench.path() + "-wal", bench.path() + ".backup-wal");
  remove_database(bench);
  CHECK_THAT(bench.perform(insert_item(2)),
             Contains("unavailable") && Contains("moved, removed or replaced"));
  CHECK_THAT(bench.perform(insert_item(2)), Contains("unavailable") && Contains("is missing"));
  CHECK_FALSE(fs::exists(bench.path()));
  fs::rename(bench.path() + ".backup-wal", bench.path() + "-wal");
  fs::rename(bench.path() + ".backup", bench.path());
  CHECK(bench.perform(insert_item(2)) == "done");
  CHECK(bench.query("SELECT id FROM item") == "1 2");
}

TEST_CASE("a database moved away and back is opened again") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  fs::rename(bench.path(), bench.path() + ".away");
  CHECK_THAT(bench.perform(insert_item(2)), Contains("moved, removed or replaced"));
  fs::rename(bench.path() + ".away", bench.path());
  CHECK(bench.perform(insert_item(2)) == "done");
  CHECK(bench.query("SELECT id FROM item") == "1 2");
}

TEST_CASE("a database replaced while in use by one without a ledger is refused until somebody accepts it") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  remove_database(bench);
  bench.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, value)");
  CHECK_THAT(bench.perform(insert_item(2)), Contains("moved, removed or replaced"));
  CHECK_THAT(bench.perform(insert_item(2)),
             Contains("has lost its table spoold_ledger") && Contains("spoolctl init"));
  SqliteOptions options;
  options.database = bench.path();
  CHECK(create_sqlite_database(options).value() == false);
  CHECK(bench.perform(insert_item(2)) == "done");
}

TEST_CASE("an existing database without a ledger gets one") {
  SqliteBench bench;
  bench.execute("DROP TABLE spoold_ledger");
  CHECK(bench.perform(insert_item(1)) == "done");
  CHECK(bench.query("SELECT count(*) FROM spoold_ledger") == "1");
}

TEST_CASE("a ledger of another shape is refused and left alone") {
  for (const char* other :
       {"CREATE TABLE spoold_ledger(key TEXT PRIMARY KEY, digest BLOB, entry INTEGER, done_at INTEGER)",
        "CREATE TABLE spoold_ledger(key, digest BLOB, entry INTEGER, done_at INTEGER)",
        "CREATE TABLE spoold_ledger(key PRIMARY KEY, digest BLOB, entry INTEGER, done_at INTEGER, more)",
        "CREATE TABLE spoold_ledger(id INTEGER PRIMARY KEY)", "CREATE VIEW spoold_ledger AS SELECT 1",
        "CREATE INDEX spoold_ledger ON item(value)"}) {
    CAPTURE(other);
    SqliteBench bench;
    bench.execute(std::string("DROP TABLE spoold_ledger; ") + other);
    CHECK_THAT(
        bench.perform(insert_item(1)),
        Contains("unavailable") && Contains("has a table spoold_ledger that this version does not know"));
    CHECK(bench.query("SELECT count(*) FROM item") == "0");
    CHECK(bench.query("SELECT sql FROM sqlite_schema WHERE name = 'spoold_ledger'") == other);
  }
}

TEST_CASE("a ledger dropped by somebody while in use stops the work") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  bench.execute("DROP TABLE spoold_ledger");
  CHECK_THAT(bench.perform(insert_item(2)),
             Contains("unavailable") && Contains("no such table: main.spoold_ledger"));
  CHECK_THAT(bench.perform(insert_item(2)), Contains("has lost its table spoold_ledger"));
  CHECK(bench.query("SELECT id FROM item") == "1");
}

TEST_CASE("a damaged database blames no entry, and is not repaired by making it anew") {
  SqliteBench bench{[](SqliteOptions& options) { options.journal_mode = "delete"; }};
  CHECK(bench.perform(insert_item(1)) == "done");
  bench.restart();
  const std::string whole = bench.directory().read("main.db");

  SECTION("its header overwritten") {
    bench.directory().write("main.db", std::string(100, '\xff') + whole.substr(100));
    CHECK_THAT(bench.perform(insert_item(2)), Contains("unavailable") && Contains("is no SQLite database"));
  }
  SECTION("a page overwritten") {
    bench.directory().write("main.db", whole.substr(0, 4096) + std::string(whole.size() - 4096, '\xff'));
    CHECK_THAT(bench.perform(insert_item(2)), Contains("unavailable") && Contains("is damaged, restore it"));
  }
  SECTION("cut short") {
    bench.directory().write("main.db", whole.substr(0, 4096));
    CHECK_THAT(bench.perform(insert_item(2)), Contains("unavailable") && Contains("is damaged, restore it"));
  }
  bench.directory().write("main.db", whole);
  CHECK(bench.perform(insert_item(2)) == "done");
  CHECK(bench.query("SELECT id FROM item") == "1 2");
}

TEST_CASE("a damaged header under an open connection blames no entry") {
  SqliteBench bench{[](SqliteOptions& options) { options.journal_mode = "delete"; }};
  CHECK(bench.perform(insert_item(1)) == "done");
  const std::string whole = bench.directory().read("main.db");
  bench.directory().write("main.db", std::string(100, '\xff') + whole.substr(100));
  CHECK_THAT(bench.perform(insert_item(2)), Contains("unavailable"));
  bench.directory().write("main.db", whole);
  CHECK(bench.perform(insert_item(2)) == "done");
  CHECK(bench.query("SELECT id FROM item") == "1 2");
}

TEST_CASE("a database that may not be written is unavailable") {
  if (::geteuid() == 0) return;  // root may write everything
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  bench.restart();
  CHECK(::chmod(bench.path().c_str(), 0400) == 0);
  CHECK_THAT(bench.perform(insert_item(2)),
             Contains("unavailable") && Contains("can be read but not written"));
  CHECK(::chmod(bench.path().c_str(), 0000) == 0);
  CHECK_THAT(bench.perform(insert_item(2)), Contains("unavailable") && Contains("Permission denied"));
  CHECK(::chmod(bench.path().c_str(), 0600) == 0);
  CHECK(bench.perform(insert_item(2)) == "done");
}

TEST_CASE("a path below a file is unavailable with the system's reason") {
  SqliteBench bench;
  SqliteOptions options;
  options.database = bench.path() + "/below";
  const auto made = create_sqlite_database(options);
  REQUIRE_FALSE(made.has_value());
  CHECK_THAT(made.error().message(), Contains(options.database) && Contains("Not a directory"));
}

TEST_CASE("each journal mode is set and used with the durability it needs") {
  for (const char* mode : {"wal", "delete", "truncate", "persist"}) {
    CAPTURE(mode);
    SqliteBench bench{[&](SqliteOptions& options) { options.journal_mode = mode; }};
    CHECK(bench.perform(insert_item(1)) == "done");
    CHECK(bench.query("PRAGMA journal_mode") == (std::string(mode) == "wal" ? "wal" : "delete"));
    CHECK(bench.query("SELECT id FROM item") == "1");
  }
}

TEST_CASE("a journal mode that another connection stands against is unavailable") {
  SqliteBench bench;
  bench.execute("PRAGMA journal_mode = delete");
  {
    OtherConnection reader{bench.path()};
    reader.execute("BEGIN; SELECT * FROM item");
    CHECK_THAT(bench.open(), Contains("database is locked"));
  }
  CHECK(bench.open().empty());
}

TEST_CASE("a database is made once, with its ledger, for its owner alone") {
  const TempDirectory directory;
  SqliteOptions options;
  options.database = directory / "new.db";
  CHECK(create_sqlite_database(options).value() == true);
  struct stat status {};
  REQUIRE(::stat(options.database.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  CHECK(OtherConnection{options.database}.query("SELECT count(*) FROM spoold_ledger") == "0");
  CHECK(OtherConnection{options.database}.query("PRAGMA journal_mode") == "wal");
  OtherConnection{options.database}.execute("CREATE TABLE keep(x)");
  CHECK(create_sqlite_database(options).value() == false);
  CHECK(OtherConnection{options.database}.query("SELECT count(*) FROM keep") == "0");
}

TEST_CASE("a database that cannot be made says why") {
  const TempDirectory directory;
  SqliteOptions options;
  options.database = directory / "missing" + "/new.db";
  const auto made = create_sqlite_database(options);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().kind == ErrorKind::not_found);
  CHECK_THAT(made.error().message(), Contains("create the database " + options.database));
}

TEST_CASE("no child inherits the connection's files") {
  SqliteBench bench;
  CHECK(bench.perform(insert_item(1)) == "done");
  int seen = 0;
  for (const auto& link : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const std::string target = fs::read_symlink(link, ignored).string();
    if (target.rfind(bench.path(), 0) != 0) continue;
    ++seen;
    CHECK((::fcntl(std::stoi(link.path().filename().string()), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(seen >= 2);
}
