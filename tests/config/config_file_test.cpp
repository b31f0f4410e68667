#include "config/config_file.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "config/config_fixture.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

Config read(const std::string& text) {
  const auto config = ConfigFile(text).read();
  if (!config) FAIL(config.error().message());
  return *config;
}

SqliteOptions sqlite(const Config& config, std::size_t index) {
  return std::get<SqliteOptions>(config.backends.at(index).options);
}

}  // namespace

TEST_CASE("a file with nothing in it leaves everything at its default") {
  const std::string text = GENERATE("", "\n", "# only words\n", "---\n", "---\n...\n", "worker:\nroutes:\n",
                                    "queue: {}\nbackends: {}\nroutes: []\n");
  const ConfigFile file(text);
  const auto config = file.read();
  REQUIRE(config.has_value());
  CHECK(config->file == file.path());
  CHECK(config->queue_directory == Config{}.queue_directory);
  CHECK(config->worker.idle_exit == WorkerOptions{}.idle_exit);
  CHECK(config->backends.empty());
  CHECK(config->routes.empty());
}

TEST_CASE("every option of queue, worker and retry reaches the module that uses it") {
  const Config config = read(R"(
queue:
  directory: /srv/queue
  max_entry_bytes: 2MiB
  max_pending: 5000
  min_free_bytes: 1GiB
  allow_uids: [1000, root, "1001"]
  group: true
worker:
  idle_exit: 0
  watch: poll
  poll_interval: 250ms
  rescan_interval: 5m
  settle_time: 3s
  shutdown_grace: 1m30s
  max_crashes: 7
retry:
  max_retries: 9
  initial: 1s
  factor: 1.5
  max: 1h
  jitter: none
  budget: 2h
backends:
  main: { type: sqlite, database: /srv/main.db }
)");
  CHECK(config.queue_directory == "/srv/queue");
  CHECK(config.store.entry_bytes_max == 2 * 1024 * 1024);
  CHECK(config.producer.entry_bytes_max == 2 * 1024 * 1024);
  CHECK(config.producer.pending_max == 5000);
  CHECK(config.producer.free_bytes_min == 1024 * 1024 * 1024);
  CHECK(config.store.allow_uids == std::vector<uid_t>{1000, 0, 1001});
  CHECK(config.group_may_enqueue);
  CHECK(config.worker.idle_exit == 0s);
  CHECK(config.worker.watch == WatchMode::poll);
  CHECK(config.worker.poll_interval == 250ms);
  CHECK(config.worker.rescan_interval == 5min);
  CHECK(config.store.settle_time == 3s);
  CHECK(config.worker.shutdown_grace == 90s);
  CHECK(config.worker.crashes_max == 7);
  REQUIRE(config.routes.size() == 1);
  const RetryOptions& retry = config.routes[0].retry;
  CHECK(retry.retries_max == 9);
  CHECK(retry.initial == 1s);
  CHECK(retry.factor == 1.5);
  CHECK(retry.max == 1h);
  CHECK(retry.jitter == Jitter::none);
  CHECK(retry.budget == 2h);
}

TEST_CASE("every option of a sqlite backend is read") {
  const Config config = read(R"(
backends:
  main:
    type: sqlite
    database: /srv/main.db
    batch: 7
    busy_timeout: 1s
    statement_timeout: 2m
    ledger_age: 3d
    journal_mode: TRUNCATE
    synchronous: Normal
    foreign_keys: yes
    statements:
      add: INSERT INTO t VALUES (?)
      chat.end: |
        DELETE FROM t
        WHERE id = ?
)");
  REQUIRE(config.backends.size() == 1);
  CHECK(config.backends[0].name == "main");
  const SqliteOptions options = sqlite(config, 0);
  CHECK(options.database == "/srv/main.db");
  CHECK(options.batch == 7);
  CHECK(options.busy_timeout == 1s);
  CHECK(options.statement_timeout == 2min);
  CHECK(options.ledger_age == 72h);
  CHECK(options.journal_mode == "truncate");
  CHECK(options.synchronous == "normal");
  CHECK(options.foreign_keys);
  CHECK(options.statements ==
        std::map<std::string, std::string>{{"add", "INSERT INTO t VALUES (?)"},
                                           {"chat.end", "DELETE FROM t\nWHERE id = ?\n"}});
}

TEST_CASE("routes keep their order and override single members of retry") {
  const Config config = read(R"(
routes:
  - { operation: "chat.*", backend: second, retry: { max_retries: 5, initial: 10s }, timeout: 90s, rate: 2/min }
  - { operation: "*", backend: first }
backends:
  first: { type: sqlite, database: /srv/a.db }
  second: { type: sqlite, database: /srv/b.db }
retry: { factor: 3 }
)");
  REQUIRE(config.routes.size() == 2);
  CHECK(config.routes[0].operation == "chat.*");
  CHECK(config.routes[0].backend == "second");
  CHECK(config.routes[0].retry.retries_max == 5);
  CHECK(config.routes[0].retry.initial == 10s);
  CHECK(config.routes[0].retry.factor == 3);
  CHECK(config.routes[0].timeout == 90s);
  CHECK(config.routes[0].rate == Rate{2, 1min});
  CHECK(config.routes[1].operation == "*");
  CHECK(config.routes[1].retry.retries_max == RetryOptions{}.retries_max);
  CHECK(config.routes[1].retry.factor == 3);
  CHECK_FALSE(config.routes[1].timeout);
  CHECK_FALSE(config.routes[1].rate);
}

TEST_CASE("a single backend without routes takes everything") {
  const Config config = read("backends: { only: { type: sqlite, database: /srv/a.db } }\nroutes: []\n");
  REQUIRE(config.routes.size() == 1);
  CHECK(config.routes[0].operation == "*");
  CHECK(config.routes[0].backend == "only");
}

TEST_CASE("relative paths are taken from the directory of the file") {
  const ConfigFile file(
      "queue: { directory: ./queue }\n"
      "backends: { main: { type: sqlite, database: ../data/main.db } }\n");
  const auto config = file.read();
  REQUIRE(config.has_value());
  CHECK(config->queue_directory == file.directory() + "/queue");
  CHECK(sqlite(*config, 0).database ==
        std::filesystem::path(file.directory()).parent_path().string() + "/data/main.db");
}

TEST_CASE("anchors serve to write a thing once") {
  const Config config = read(R"(
retry: &patient { max_retries: 9 }
backends: { main: { type: sqlite, database: /srv/a.db } }
routes: [{ operation: "*", backend: main, retry: *patient }]
)");
  CHECK(config.routes.at(0).retry.retries_max == 9);
}

TEST_CASE("an anchor inside itself is refused like any wrong value") {
  CHECK_THAT(ConfigFile("worker: &again { watch: *again }\n").refusal(),
             Catch::Contains("spoold.yaml:1: worker.watch: found a map"));
}

TEST_CASE("narrower routes before wider ones are taken") {
  const std::string routes = GENERATE(R"(["chat.send", "chat.*", "*"])", R"(["chat.?", "chat.*"])",
                                      R"(["*.a", "a.*"])", R"(["?", "??"])", R"(["a?", "a*"])");
  std::string text = "backends: { main: { type: sqlite, database: /srv/a.db } }\nroutes:\n";
  for (std::size_t at = 0; (at = routes.find('"', at)) != std::string::npos;) {
    const std::size_t end = routes.find('"', at + 1);
    text += "  - { operation: " + routes.substr(at, end - at + 1) + ", backend: main }\n";
    at = end + 1;
  }
  CHECK(ConfigFile(text).refusal().empty());
}

TEST_CASE("a file that cannot be read is refused with its path and the reason") {
  const TempDirectory directory;
  const auto nothing = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };

  const auto missing = read_config_file(directory / "none.yaml", nothing);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK(missing.error().message() ==
        "read configuration " + (directory / "none.yaml") + ": No such file or directory");

  const auto folder = read_config_file(directory.path(), nothing);
  REQUIRE_FALSE(folder.has_value());
  CHECK(folder.error().kind == ErrorKind::wrong_type);
  CHECK(folder.error().message() == "read configuration " + directory.path() + ": Is a directory");

  directory.write("secret.yaml", "worker: {}\n");
  std::filesystem::permissions(directory / "secret.yaml", std::filesystem::perms::none);
  const auto secret = read_config_file(directory / "secret.yaml", nothing);
  if (::geteuid() == 0) {
    CHECK(secret.has_value());
  } else {
    REQUIRE_FALSE(secret.has_value());
    CHECK(secret.error().kind == ErrorKind::no_permission);
  }

  directory.write("huge.yaml", std::string(2 * 1024 * 1024, '#'));
  const auto huge = read_config_file(directory / "huge.yaml", nothing);
  REQUIRE_FALSE(huge.has_value());
  CHECK(huge.error().kind == ErrorKind::too_large);
}
