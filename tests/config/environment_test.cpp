#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "config/config_file.hpp"
#include "config/config_fixture.hpp"
#include "config/known_keys.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

using Variables = std::map<std::string, std::string>;

Environment only(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace

TEST_CASE("the environment wins over the file") {
  const ConfigFile file("worker: { idle_exit: 10s, max_crashes: 5 }\n",
                        {{"SPOOLD_WORKER_IDLE_EXIT", "20s"}, {"SPOOLD_QUEUE_MAX_PENDING", "77"}});
  const auto config = file.read();
  REQUIRE(config.has_value());
  CHECK(config->worker.idle_exit == 20s);
  CHECK(config->worker.crashes_max == 5);
  CHECK(config->producer.pending_max == 77);
}

TEST_CASE("each scalar of queue, worker and retry has its variable") {
  const auto config = default_config(only({{"SPOOLD_QUEUE_DIRECTORY", "/q"},
                                           {"SPOOLD_QUEUE_MAX_ENTRY_BYTES", "2KiB"},
                                           {"SPOOLD_QUEUE_MAX_PENDING", "1"},
                                           {"SPOOLD_QUEUE_MIN_FREE_BYTES", "0"},
                                           {"SPOOLD_QUEUE_GROUP", "yes"},
                                           {"SPOOLD_WORKER_IDLE_EXIT", "1s"},
                                           {"SPOOLD_WORKER_WATCH", "inotify"},
                                           {"SPOOLD_WORKER_POLL_INTERVAL", "2ms"},
                                           {"SPOOLD_WORKER_RESCAN_INTERVAL", "3s"},
                                           {"SPOOLD_WORKER_SETTLE_TIME", "4s"},
                                           {"SPOOLD_WORKER_SHUTDOWN_GRACE", "5s"},
                                           {"SPOOLD_WORKER_MAX_CRASHES", "6"}}));
  REQUIRE(config.has_value());
  CHECK(config->file.empty());
  CHECK(config->backends.empty());
  CHECK(config->queue_directory == "/q");
  CHECK(config->store.entry_bytes_max == 2048);
  CHECK(config->producer.entry_bytes_max == 2048);
  CHECK(config->producer.pending_max == 1);
  CHECK(config->producer.free_bytes_min == 0);
  CHECK(config->group_may_enqueue);
  CHECK(config->worker.idle_exit == 1s);
  CHECK(config->worker.watch == WatchMode::inotify);
  CHECK(config->worker.poll_interval == 2ms);
  CHECK(config->worker.rescan_interval == 3s);
  CHECK(config->store.settle_time == 4s);
  CHECK(config->worker.shutdown_grace == 5s);
  CHECK(config->worker.crashes_max == 6);
}

TEST_CASE("retry from the environment reaches the routes, but not what a route says itself") {
  const ConfigFile file(R"(
backends: { main: { type: sqlite, database: /srv/a.db } }
routes:
  - { operation: a, backend: main, retry: { max_retries: 1 } }
  - { operation: b, backend: main }
)",
                        {{"SPOOLD_RETRY_MAX_RETRIES", "8"},
                         {"SPOOLD_RETRY_INITIAL", "3s"},
                         {"SPOOLD_RETRY_FACTOR", "4"},
                         {"SPOOLD_RETRY_MAX", "9s"},
                         {"SPOOLD_RETRY_JITTER", "none"},
                         {"SPOOLD_RETRY_BUDGET", "1h"}});
  const auto config = file.read();
  REQUIRE(config.has_value());
  CHECK(config->routes.at(0).retry.retries_max == 1);
  const RetryOptions& retry = config->routes.at(1).retry;
  CHECK(retry.retries_max == 8);
  CHECK(retry.initial == 3s);
  CHECK(retry.factor == 4);
  CHECK(retry.max == 9s);
  CHECK(retry.jitter == Jitter::none);
  CHECK(retry.budget == 1h);
}

TEST_CASE("every variable that is read is refused by its name when it is wrong") {
  for (const std::string& name : known_config_variables()) {
    const auto config = default_config(only({{name, "~/\n"}}));
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().kind == ErrorKind::invalid);
    CHECK_THAT(config.error().message(), Catch::StartsWith(name + ": '~/?' is"));
  }
}

TEST_CASE("a wrong variable is refused in the words of the file") {
  CHECK(ConfigFile("", {{"SPOOLD_WORKER_IDLE_EXIT", "300"}}).refusal() ==
        "SPOOLD_WORKER_IDLE_EXIT: '300' has no unit; expected a duration from 0s (never) to 3650d, such as "
        "300s");
  CHECK(ConfigFile("retry: { initial: 10s }", {{"SPOOLD_RETRY_MAX", "1s"}}).refusal() ==
        "SPOOLD_RETRY_MAX: retry.max is 1s, less than retry.initial (10s); write a max of 10s or more, or a "
        "smaller initial");
}

TEST_CASE("problems of the environment follow those of the file") {
  CHECK(ConfigFile("worker: { watch: 5 }", {{"SPOOLD_WORKER_MAX_CRASHES", "0"}}).refusal() ==
        "spoold.yaml:1: worker.watch: '5' is unknown; expected auto, inotify or poll\n"
        "SPOOLD_WORKER_MAX_CRASHES: '0' is too small; expected a whole number from 1 to 1000, such as 3");
}

TEST_CASE("SPOOLD_QUEUE names the directory, before its longer name and the file") {
  const ConfigFile file("queue: { directory: /file }\n",
                        {{"SPOOLD_QUEUE", "/short"}, {"SPOOLD_QUEUE_DIRECTORY", "/long"}});
  CHECK(file.read()->queue_directory == "/short");
}

TEST_CASE("a relative directory from the environment is the caller's") {
  CHECK(ConfigFile("", {{"SPOOLD_QUEUE", "var/queue"}}).read()->queue_directory == "var/queue");
}

TEST_CASE("variables that are empty or unknown are left alone") {
  const ConfigFile file("", {{"SPOOLD_WORKER_IDLE_EXIT", ""}, {"SPOOLD_WORKER_IDLE_EXTI", "x"}});
  CHECK(file.read()->worker.idle_exit == WorkerOptions{}.idle_exit);
}

TEST_CASE("SPOOLD_CONFIG names the file; without it there is the usual one or none") {
  CHECK(default_config_file(only({{"SPOOLD_CONFIG", "/etc/other.yaml"}})) == "/etc/other.yaml");
  const std::string usual = "/etc/spoold/spoold.yaml";
  struct stat status {};
  const auto expected =
      ::stat(usual.c_str(), &status) == 0 ? std::optional<std::string>{usual} : std::nullopt;
  CHECK(default_config_file(only({})) == expected);
  CHECK(default_config_file(only({{"SPOOLD_CONFIG", ""}})) == expected);
}

TEST_CASE("the process's own environment can be read") {
  REQUIRE(::setenv("SPOOLD_TEST_VARIABLE", "here", 1) == 0);
  CHECK(process_environment()("SPOOLD_TEST_VARIABLE") == "here");
  REQUIRE(::unsetenv("SPOOLD_TEST_VARIABLE") == 0);
  CHECK(process_environment()("SPOOLD_TEST_VARIABLE") == std::nullopt);
}
