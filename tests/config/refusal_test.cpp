#include <catch2/catch.hpp>

#include "config/config_fixture.hpp"

using namespace spoold;
using namespace spoold::test;

namespace {

std::string refusal(const std::string& text) {
  const ConfigFile file(text);
  const auto config = file.read();
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().kind == ErrorKind::invalid);
  return file.refusal();
}

// A file with one good backend, of which `extra` lines are the rest.
std::string refusal_beside_backend(const std::string& extra) {
  return refusal("backends:\n  main: { type: sqlite, database: /srv/a.db }\n" + extra);
}

// What is said of one option of the backend in line 4.
std::string sqlite_refusal(const std::string& option) {
  return refusal("backends:\n  main:\n    type: sqlite\n    " + option + "\n    database: /srv/a.db\n");
}

}  // namespace

TEST_CASE("an unknown key is refused at each level with the nearest known one") {
  CHECK(refusal("\nworkr: {}\n") == "spoold.yaml:2: 'workr': unknown key; did you mean 'worker'?");
  CHECK(refusal("queue:\n  max_pendign: 3\n") ==
        "spoold.yaml:2: queue.'max_pendign': unknown key; did you mean 'max_pending'?");
  CHECK(refusal("worker:\n  idle_exit: 5s\n  idle-exti: 300s\n") ==
        "spoold.yaml:3: worker.'idle-exti': unknown key; did you mean 'idle_exit'?");
  CHECK(refusal("retry:\n\n  retries: 3\n") ==
        "spoold.yaml:3: retry.'retries': unknown key; did you mean 'max_retries'?");
  CHECK(sqlite_refusal("bacth: 3") ==
        "spoold.yaml:4: backends.main.'bacth': unknown key; did you mean 'batch'?");
  CHECK(refusal_beside_backend("routes:\n  - operation: a\n    backend: main\n    timeuot: 3s\n") ==
        "spoold.yaml:6: routes[0].'timeuot': unknown key; did you mean 'timeout'?");
  CHECK(refusal_beside_backend("routes:\n- operation: a\n  backend: main\n  retry:\n    initail: 3s\n") ==
        "spoold.yaml:7: routes[0].retry.'initail': unknown key; did you mean 'initial'?");
}

TEST_CASE("a key in the wrong section is shown the right one") {
  CHECK(refusal("idle_exit: 300s\n") ==
        "spoold.yaml:1: 'idle_exit': unknown key here; did you mean 'worker.idle_exit'?");
  CHECK(refusal("queue:\n  settle_time: 2s\n") ==
        "spoold.yaml:2: queue.'settle_time': unknown key here; did you mean 'worker.settle_time'?");
}

TEST_CASE("an unknown key near to nothing is shown what is known") {
  CHECK(refusal("retry: { patience: 3 }\n") ==
        "spoold.yaml:1: retry.'patience': unknown key; known here: max_retries, initial, factor, max, jitter "
        "or budget");
}

TEST_CASE("a wrong type is refused with what was found and what is expected") {
  CHECK(
      refusal("worker:\n  idle_exit: [300s]\n") ==
      "spoold.yaml:2: worker.idle_exit: found a list; expected a duration from 0s (never) to 3650d, such as "
      "300s");
  CHECK(
      refusal("worker:\n  idle_exit:\n  watch: auto\n") ==
      "spoold.yaml:2: worker.idle_exit: found nothing; expected a duration from 0s (never) to 3650d, such as "
      "300s");
  CHECK(refusal("queue: { group: { a: b } }\n") ==
        "spoold.yaml:1: queue.group: found a map; expected true, false, yes, no, on or off");
  CHECK(refusal("\nworker: fast\n") ==
        "spoold.yaml:2: worker: found 'fast'; expected a map, such as { idle_exit: 300s }");
  CHECK(refusal("- worker\n") ==
        "spoold.yaml:1: found a list; expected a map, such as worker: { idle_exit: 300s }");
  CHECK(refusal("just words\n") ==
        "spoold.yaml:1: found 'just words'; expected a map, such as worker: { idle_exit: 300s }");
  CHECK(refusal("queue:\n  allow_uids: 1000\n") ==
        "spoold.yaml:2: queue.allow_uids: found '1000'; expected a list of users, such as [1000, www-data]");
  CHECK(refusal("queue:\n  allow_uids:\n    - 0\n    - [1]\n") ==
        "spoold.yaml:4: queue.allow_uids[1]: found a list; expected a user id or the name of a user of this "
        "machine, such as 1000 or www-data");
  CHECK(refusal("backends: [main]\n") ==
        "spoold.yaml:1: backends: found a list; expected a map, such as { main: { type: sqlite, database: "
        "/var/lib/spoold/main.db } }");
  CHECK(refusal("backends:\n  main: sqlite\n") ==
        "spoold.yaml:2: backends.main: found 'sqlite'; expected a map, such as { type: sqlite, database: "
        "/var/lib/spoold/main.db }\n"
        "spoold.yaml:2: backends.main.type: is missing; expected sqlite, http or command");
  CHECK(refusal_beside_backend("routes: { a: main }\n") ==
        "spoold.yaml:3: routes: found a map; expected a list, such as [{ operation: \"*\", backend: main }]");
}

TEST_CASE("a key that is no word is refused") {
  CHECK(refusal("worker:\n  [a, b]: 1\n") ==
        "spoold.yaml:2: worker: found a list; expected a word as the key");
  CHECK(refusal("worker:\n  ~: 1\n") == "spoold.yaml:2: worker: found nothing; expected a word as the key");
}

TEST_CASE("a value that cannot be read is refused with its form") {
  CHECK(refusal("worker:\n  idle_exit: 300\n") ==
        "spoold.yaml:2: worker.idle_exit: '300' has no unit; expected a duration from 0s (never) to 3650d, "
        "such as 300s");
  CHECK(
      refusal("worker:\n  idle_exit: -3s\n") ==
      "spoold.yaml:2: worker.idle_exit: '-3s' is no duration; expected a duration from 0s (never) to 3650d, "
      "such as 300s");
  CHECK(
      refusal("queue:\n  max_entry_bytes: 1Mib\n") ==
      "spoold.yaml:2: queue.max_entry_bytes: '1Mib' is no size; expected a size from 64B to 256MiB, such as "
      "1MiB");
  CHECK(refusal("queue:\n  max_pending: 1.5\n") ==
        "spoold.yaml:2: queue.max_pending: '1.5' is no whole number; expected a whole number from 0 to "
        "1000000000, such as 100000");
  CHECK(refusal("retry:\n  factor: two\n") ==
        "spoold.yaml:2: retry.factor: 'two' is no number; expected a number from 1 to 100, such as 2");
  CHECK(refusal("worker:\n  watch: inotfiy\n") ==
        "spoold.yaml:2: worker.watch: 'inotfiy' is unknown (did you mean 'inotify'?); expected auto, inotify "
        "or poll");
  CHECK(refusal("retry:\n  jitter: some\n") ==
        "spoold.yaml:2: retry.jitter: 'some' is unknown; expected full or none");
  CHECK(refusal("queue:\n  group: maybe\n") ==
        "spoold.yaml:2: queue.group: 'maybe' is unknown; expected true, false, yes, no, on or off");
  CHECK(refusal("queue:\n  allow_uids: [0, no-such-user-here]\n") ==
        "spoold.yaml:2: queue.allow_uids[1]: 'no-such-user-here' is no user here; expected a user id or the "
        "name of a user of this machine, such as 1000 or www-data");
  CHECK_THAT(refusal("queue:\n  allow_uids: [4294967295]\n"),
             Catch::StartsWith("spoold.yaml:2: queue.allow_uids[0]: '4294967295' is too large; expected"));
  CHECK_THAT(refusal("queue:\n  allow_uids: [99999999999999999999]\n"), Catch::Contains("is too large"));
}

TEST_CASE("a value out of its range is refused with the range") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"worker: { poll_interval: 999us }",
       "worker.poll_interval: '999us' is too small; expected a duration from 1ms to 1h, such as 100ms"},
      {"worker: { poll_interval: 61m }",
       "worker.poll_interval: '61m' is too large; expected a duration from 1ms to 1h, such as 100ms"},
      {"worker: { rescan_interval: 999ms }",
       "worker.rescan_interval: '999ms' is too small; expected a duration from 1s to 1h, such as 60s"},
      {"worker: { rescan_interval: 2h }",
       "worker.rescan_interval: '2h' is too large; expected a duration from 1s to 1h, such as 60s"},
      {"worker: { idle_exit: 3651d }",
       "worker.idle_exit: '3651d' is too large; expected a duration from 0s (never) to 3650d, such as 300s"},
      {"worker: { settle_time: 2h }",
       "worker.settle_time: '2h' is too large; expected a duration from 0s to 1h, such as 2s"},
      {"worker: { shutdown_grace: 25h }",
       "worker.shutdown_grace: '25h' is too large; expected a duration from 0s to 24h, such as 30s"},
      {"worker: { max_crashes: 0 }",
       "worker.max_crashes: '0' is too small; expected a whole number from 1 to 1000, such as 3"},
      {"worker: { max_crashes: 1001 }",
       "worker.max_crashes: '1001' is too large; expected a whole number from 1 to 1000, such as 3"},
      {"queue: { max_entry_bytes: 63 }",
       "queue.max_entry_bytes: '63' is too small; expected a size from 64B to 256MiB, such as 1MiB"},
      {"queue: { max_entry_bytes: 1GiB }",
       "queue.max_entry_bytes: '1GiB' is too large; expected a size from 64B to 256MiB, such as 1MiB"},
      {"queue: { min_free_bytes: 1025TiB }",
       "queue.min_free_bytes: '1025TiB' is too large; expected a size from 0B to 1024TiB, such as 64MiB"},
      {"queue: { max_pending: 99999999999999999999 }",
       "queue.max_pending: '99999999999999999999' is too large; expected a whole number from 0 to "
       "1000000000, "
       "such as 100000"},
      {"retry: { max_retries: 10001 }",
       "retry.max_retries: '10001' is too large; expected a whole number from 0 to 10000, such as 3"},
      {"retry: { factor: 0.99 }",
       "retry.factor: '0.99' is too small; expected a number from 1 to 100, such as 2"},
      {"retry: { factor: 1e9 }",
       "retry.factor: '1e9' is too large; expected a number from 1 to 100, such as 2"},
      {"retry: { factor: nan }",
       "retry.factor: 'nan' is no number; expected a number from 1 to 100, such as 2"},
      {"retry: { initial: 366d }",
       "retry.initial: '366d' is too large; expected a duration from 0s to 365d, such as 2s"},
      {"retry: { max: 366d }",
       "retry.max: '366d' is too large; expected a duration from 0s to 365d, such as 5m"},
      {"retry: { budget: 3651d }",
       "retry.budget: '3651d' is too large; expected a duration from 0s (no limit) to 3650d, such as 24h"},
  }));
  CHECK(refusal("# a comment\n" + text + "\n") == "spoold.yaml:2: " + expected);
}

TEST_CASE("a sqlite option out of its range or list is refused") {
  const auto [option, expected] = GENERATE(table<std::string, std::string>({
      {"batch: 0", "batch: '0' is too small; expected a whole number from 1 to 10000, such as 100"},
      {"batch: 10001", "batch: '10001' is too large; expected a whole number from 1 to 10000, such as 100"},
      {"batch: -1", "batch: '-1' is no whole number; expected a whole number from 1 to 10000, such as 100"},
      {"busy_timeout: 2h", "busy_timeout: '2h' is too large; expected a duration from 0s to 1h, such as 5s"},
      {"statement_timeout: 0",
       "statement_timeout: '0' is too small; expected a duration from 1ms to 24h, such as 30s"},
      {"ledger_age: 3651d",
       "ledger_age: '3651d' is too large; expected a duration from 0s to 3650d, such as 7d"},
      {"journal_mode: off", "journal_mode: 'off' is unknown; expected wal, delete, truncate or persist"},
      {"synchronous: ful", "synchronous: 'ful' is unknown (did you mean 'full'?); expected full or normal"},
      {"foreign_keys: 1", "foreign_keys: '1' is unknown; expected true, false, yes, no, on or off"},
      {"statements: [a]",
       "statements: found a list; expected a map, such as { end_session: \"DELETE FROM sessions WHERE id = "
       "?\" "
       "}"},
      {"statements: { a: \" ; \" }",
       "statements.a: ' ; ' is empty; expected SQL, such as DELETE FROM sessions WHERE id = ?"},
      {"statements: { a: }",
       "statements.a: found nothing; expected SQL, such as DELETE FROM sessions WHERE id = ?"},
  }));
  CHECK(sqlite_refusal(option) == "spoold.yaml:4: backends.main." + expected);
}

TEST_CASE("a statement for an operation without a name is refused") {
  CHECK(sqlite_refusal("statements: { \"\": DELETE FROM t }") ==
        "spoold.yaml:4: backends.main.statements: a statement without a name; expected the operation it is "
        "for");
}

TEST_CASE("texts that cannot be meant are refused") {
  CHECK(refusal("queue: { directory: \"\" }\n") ==
        "spoold.yaml:1: queue.directory: '' is empty; expected the path of the queue's directory, such as "
        "/var/spool/spoold/default");
  CHECK_THAT(refusal("queue: { directory: ~/queue }\n"),
             Catch::StartsWith("spoold.yaml:1: queue.directory: '~/queue' is not expanded (write the home "
                               "directory out); expected"));
  CHECK_THAT(refusal("queue: { directory: \"/a\\0b\" }\n"), Catch::Contains("'/a?b' holds a NUL byte"));
}

TEST_CASE("a key given twice is refused at each level with its first line") {
  CHECK(refusal("worker: {}\nqueue: {}\nworker: {}\n") ==
        "spoold.yaml:3: worker: given twice, first in line 1; remove one");
  CHECK(refusal("worker:\n  watch: auto\n  idle_exit: 1s\n  watch: poll\n") ==
        "spoold.yaml:4: worker.watch: given twice, first in line 2; remove one");
  CHECK(refusal_beside_backend("  main: { type: sqlite, database: /srv/b.db }\n") ==
        "spoold.yaml:3: backends.main: given twice, first in line 2; remove one");
  CHECK(sqlite_refusal("statements: { a: SELECT 1, a: SELECT 2 }") ==
        "spoold.yaml:4: backends.main.statements.a: given twice, first in line 4; remove one");
  CHECK(refusal_beside_backend("routes:\n- operation: a\n  backend: main\n  backend: main\n") ==
        "spoold.yaml:6: routes[0].backend: given twice, first in line 5; remove one");
}

TEST_CASE("several documents are refused at the second") {
  const std::string words = "a second document begins here; expected one";
  CHECK(refusal("worker: {}\n---\nworker: {}\n") == "spoold.yaml:2: " + words);
  CHECK(refusal("worker: {}\n\n---\n") == "spoold.yaml:3: " + words);
  CHECK(refusal("---\n# none\n---\nworker: {}\n---\n") == "spoold.yaml:3: " + words);
  CHECK(refusal("---\r\nworker: {}\r\n--- { worker: {} }\r\n") == "spoold.yaml:3: " + words);
  CHECK(refusal("worker: {}\n...\n\nqueue: {}\n") == "spoold.yaml:4: " + words);
}

TEST_CASE("what can begin no document is refused, and not looked for without end") {
  CHECK(
      refusal(",\n") ==
      "spoold.yaml:1: here no configuration can begin; expected a map, such as worker: { idle_exit: 300s }");
  CHECK(
      refusal("# a comment\n,\x01 0") ==
      "spoold.yaml:2: here no configuration can begin; expected a map, such as worker: { idle_exit: 300s }");
  CHECK(refusal("worker: {}\n,\n") == "spoold.yaml:2:1: end of map not found");
  CHECK_FALSE(refusal("worker: {}\n]\n").empty());
  CHECK_FALSE(refusal("}").empty());
  CHECK_FALSE(refusal("]:").empty());
}

TEST_CASE("broken YAML is refused with line and column") {
  CHECK_THAT(refusal("worker:\n  idle_exit: [1, 2\nqueue: {}\n"),
             Catch::StartsWith("spoold.yaml:3:") && Catch::Contains("end of sequence flow not found"));
  CHECK_THAT(refusal("worker:\n  watch: auto\n    idle_exit: 3s\n"),
             Catch::StartsWith("spoold.yaml:3:14: illegal map value (members of one map"));
  CHECK_THAT(refusal("queue:\n  directory: \"/srv/q\nworker: {}\n"),
             Catch::StartsWith("spoold.yaml:") && Catch::Contains("a quote is opened and not closed"));
  CHECK_THAT(refusal("queue:\n  directory: '/srv/q\n"), Catch::Contains("a quote is opened and not closed"));
  CHECK(refusal_beside_backend("routes:\n  - { operation: *, backend: main }\n") ==
        "spoold.yaml:4:19: alias not found after * (a text that begins with * is written in quotes: \"*\")");
  CHECK_THAT(refusal_beside_backend("routes:\n  - operation: *.end\n    backend: main\n"),
             Catch::StartsWith("spoold.yaml:4:") && Catch::Contains("is written in quotes"));
}

TEST_CASE("a hostile nesting is refused and not followed") {
  CHECK_FALSE(refusal(std::string(100'000, '[')).empty());
  CHECK_FALSE(refusal("a: " + std::string(100'000, '{')).empty());
}

TEST_CASE("retry.max below retry.initial is refused where the last word was said") {
  CHECK(refusal("retry:\n  initial: 10s\n  max: 5s\n") ==
        "spoold.yaml:3: retry.max is 5s, less than retry.initial (10s); write a max of 10s or more, or a "
        "smaller initial");
  CHECK(refusal("retry:\n  initial: 10m\n") ==
        "spoold.yaml:2: retry.max is 5m, less than retry.initial (10m); write a max of 10m or more, or a "
        "smaller initial");
  CHECK(
      refusal_beside_backend("routes:\n  - operation: a\n    backend: main\n    retry: { initial: 1h }\n") ==
      "spoold.yaml:6: routes[0].retry.max is 5m, less than routes[0].retry.initial (1h); write a max of 1h "
      "or more, or a smaller initial");
}

TEST_CASE("a backend without what it needs is refused") {
  CHECK(refusal("backends:\n  main: { database: /srv/a.db }\n") ==
        "spoold.yaml:2: backends.main.type: is missing; expected sqlite, http or command");
  CHECK(refusal("backends:\n  main: { type: sqlite }\n") ==
        "spoold.yaml:2: backends.main.database: is missing; expected the path of a database, such as "
        "/var/lib/spoold/main.db");
  CHECK(refusal("backends:\n  main: { type: sqlit, database: /srv/a.db, more: 1 }\n") ==
        "spoold.yaml:2: backends.main.type: 'sqlit' is unknown (did you mean 'sqlite'?); expected sqlite, "
        "http or command");
}

TEST_CASE("a backend's name is refused unless short and plain") {
  const std::string name = GENERATE("Main", "a b", "a.b", "", "aaaaaaaaaabbbbbbbbbbccccccccccddd");
  CHECK(refusal("backends:\n  \"" + name + "\": { type: sqlite, database: /srv/a.db }\n") ==
        "spoold.yaml:2: backends: '" + name +
            "' is no name for a backend; expected 1 to 32 of a-z, 0-9, _ and -");
}

TEST_CASE("two backends on one database are refused") {
  CHECK(refusal_beside_backend("  other: { type: sqlite, database: /srv/a.db }\n"
                               "routes: [{ operation: \"*\", backend: main }]\n") ==
        "spoold.yaml:3: backends.other.database: '/srv/a.db' is the database of backends.main already; let "
        "routes share that backend");
}

TEST_CASE("a route without what it needs is refused") {
  CHECK(refusal_beside_backend("routes:\n  - { backend: main }\n") ==
        "spoold.yaml:4: routes[0].operation: is missing; expected an operation or a pattern of them, such as "
        "\"chat.*\"");
  CHECK(refusal_beside_backend("routes:\n  - { operation: a }\n") ==
        "spoold.yaml:4: routes[0].backend: is missing; expected the name of a backend, such as main");
  CHECK_THAT(refusal_beside_backend("routes:\n  -\n"),
             Catch::Contains("routes[0].operation: is missing") && Catch::Contains("routes[0].backend: is"));
  CHECK(refusal_beside_backend("routes:\n  - { operation: a, backend: main, timeout: 0s }\n") ==
        "spoold.yaml:4: routes[0].timeout: '0s' is too small; expected a duration from 1ms to 24h, such as "
        "30s");
}

TEST_CASE("a route's rate that is none is refused") {
  CHECK(refusal_beside_backend("routes:\n  - { operation: a, backend: main, rate: often }\n") ==
        "spoold.yaml:4: routes[0].rate: 'often' is none; expected a number of attempts and a time, such as "
        "2/min "
        "or 10/5s");
}

TEST_CASE("a route to a backend that does not exist is refused with the nearest") {
  CHECK(refusal_beside_backend("routes:\n  - operation: a\n    backend: mian\n") ==
        "spoold.yaml:5: routes[0].backend: there is no backend 'mian'; did you mean 'main'?");
  CHECK(refusal_beside_backend("routes:\n  - operation: a\n    backend: website\n") ==
        "spoold.yaml:5: routes[0].backend: there is no backend 'website'; expected main");
  CHECK(refusal("routes:\n  - operation: a\n    backend: main\n") ==
        "spoold.yaml:3: routes[0].backend: there is no backend 'main'; write it under backends:");
}

TEST_CASE("a route to a backend with a wrong option is not refused as well") {
  CHECK(refusal("backends:\n  main: { type: sqlite, batch: 0, database: /srv/a.db }\n"
                "routes: [{ operation: a, backend: main }]\n") ==
        "spoold.yaml:2: backends.main.batch: '0' is too small; expected a whole number from 1 to 10000, such "
        "as 100");
}

TEST_CASE("a route that can never match is refused with the one that catches all of it") {
  const auto [earlier, later] = GENERATE(table<std::string, std::string>({{"*", "chat.send"},
                                                                          {"*", "*"},
                                                                          {"**", "a*"},
                                                                          {"chat.*", "chat.send"},
                                                                          {"chat.*", "chat.*"},
                                                                          {"chat.*", "chat.a*b?"},
                                                                          {"a?c", "abc"},
                                                                          {"*.a", "b*.a.a"},
                                                                          {"?*", "??*"},
                                                                          {"same", "same"}}));
  CHECK(refusal_beside_backend("routes:\n  - { operation: \"" + earlier +
                               "\", backend: main }\n  - { operation: \"" + later +
                               "\", backend: main }\n") == "spoold.yaml:5: routes[1]: can never match: '" +
                                                               later + "' is caught by '" + earlier +
                                                               "' in line 4; put the narrower one first");
}

TEST_CASE("several backends without routes are refused with what to write") {
  CHECK(refusal_beside_backend("  other: { type: sqlite, database: /srv/b.db }\n") ==
        "spoold.yaml:1: routes: is missing, and there are several backends; say which operations go where, "
        "for instance routes: [{ operation: \"*\", backend: main }]");
}

TEST_CASE("all problems of a file are said at once, in the order of its lines") {
  CHECK(
      refusal("worker:\n  wacth: poll\n  max_crashes: 0\nqueue:\n  group: 5\n") ==
      "spoold.yaml:2: worker.'wacth': unknown key; did you mean 'watch'?\n"
      "spoold.yaml:3: worker.max_crashes: '0' is too small; expected a whole number from 1 to 1000, such as "
      "3\n"
      "spoold.yaml:5: queue.group: '5' is unknown; expected true, false, yes, no, on or off");
}

TEST_CASE("control characters of a file do not reach the terminal") {
  CHECK(refusal("worker:\n  watch: \"a\\n\\e[31m\\x7f\"\n") ==
        "spoold.yaml:2: worker.watch: 'a??[31m?' is unknown; expected auto, inotify or poll");
  CHECK(refusal("\"a\\nb\": 1\n\"a\\nb\": 1\n\"c\\td\": 1\n") ==
        "spoold.yaml:1: 'a?b': unknown key; known here: queue, worker, retry, retention, pressure, metrics, "
        "backends or routes\n"
        "spoold.yaml:2: a?b: given twice, first in line 1; remove one\n"
        "spoold.yaml:3: 'c?d': unknown key; known here: queue, worker, retry, retention, pressure, metrics, "
        "backends or routes");
}
