#include <catch2/catch.hpp>
#include <filesystem>

#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

constexpr const char* first = "05_00000000000000000007.json";
constexpr const char* second = "05_00000000000000000008.json";

// A queue of two entries, and spoolctl drain watching it; what the daemon would do, the test does.
class Watched {
 public:
  explicit Watched(std::vector<std::string> options = {}, bool terminal = false) {
    queue.put("pending", first, R"({"operation":"a"})");
    queue.put("pending", second, R"({"operation":"a"})");
    queue.put("failed", "05_00000000000000000001.a4.json", R"({"operation":"an old failure"})");
    options.insert(options.begin(), "drain");
    drain.emplace(queue.command(std::move(options)),
                  ProgramOptions{.environment = {{"TERM", "xterm"}}, .terminal = terminal});
    drain->wait_for_output("0 of 2");
  }

  CliQueue queue;
  std::optional<Program> drain;
};

std::string pending(const char* name) {
  return std::string("pending/") + name;
}
std::string in(const char* state, const char* name) {
  return std::string(state) + "/" + name;
}

}  // namespace

TEST_CASE("an empty queue is drained at once") {
  const CliQueue queue;
  const auto result = queue.run({"drain"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "drained: 0 entries in 0s\n");
  CHECK(result.err.empty());
}

TEST_CASE("drain ends with 0 when the last entry is done, and old failures do not count") {
  Watched watched;
  watched.queue.move(pending(first), in("processing", first));
  watched.queue.move(in("processing", first), in("completed", first));
  watched.queue.move(pending(second), in("completed", second));
  const auto result = watched.drain->wait();
  CHECK(result.exit_status == 0);
  CHECK_THAT(result.out, Contains("drained: 2 entries in "));
  CHECK_THAT(result.err, Contains("no daemon is running on this queue"));
}

TEST_CASE("drain ends with 1 when entries failed meanwhile") {
  Watched watched;
  watched.queue.move(pending(first), in("failed", first));
  watched.queue.put("corrupt", second, "");
  std::filesystem::remove(watched.queue.path() + "/pending/" + second);
  const auto result = watched.drain->wait();
  CHECK(result.exit_status == 1);
  CHECK_THAT(result.out, Contains("2 failed (see 'spoolctl errors')"));
}

TEST_CASE("drain leaves what is deferred, and says so, unless asked to wait for it") {
  {
    Watched watched;
    watched.queue.move(pending(first), "deferred/8836058563000_" + std::string(first));
    watched.queue.move(pending(second), in("completed", second));
    const auto result = watched.drain->wait();
    CHECK(result.exit_status == 0);
    CHECK_THAT(result.out, Contains("1 deferred (--deferred waits for those too)"));
  }
  Watched watched({"--deferred", "--timeout", "300ms"});
  watched.queue.move(pending(first), "deferred/8836058563000_" + std::string(first));
  watched.queue.move(pending(second), in("completed", second));
  CHECK(watched.drain->wait().exit_status == 75);
}

TEST_CASE("drain gives up when its time is up, and 75") {
  const CliQueue queue;
  queue.put("pending", first, R"({"operation":"a"})");
  const auto result = queue.run({"drain", "--timeout", "10ms"});
  CHECK(result.exit_status == 75);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Contains("spoolctl: not drained in 10ms: 1 entry to go"));
}

TEST_CASE("drain on a terminal draws its bar in place, within 80 columns") {
  Watched watched({}, true);
  watched.queue.move(pending(first), in("completed", first));
  watched.drain->wait_for_output("50%");
  watched.queue.move(pending(second), in("completed", second));
  const auto result = watched.drain->wait();
  CHECK(result.exit_status == 0);
  CHECK_THAT(result.out, Contains("\r[..............................]    0%  0 of 2\x1b[K"));
  CHECK_THAT(result.out, Contains("100%  2 of 2") && Contains("drained: 2 entries in "));
  for (std::size_t at = 0; (at = result.out.find('\r', at)) != std::string::npos; ++at) {
    CHECK(result.out.find("\x1b[K", at) - at <= 80);
  }
}

#ifdef FAULTS_LIBRARY
TEST_CASE("drain without inotify looks now and then instead") {
  const CliQueue queue;
  queue.put("pending", first, R"({"operation":"a"})");
  Program drain(queue.command({"drain"}),
                {.environment = {{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT", "inotify"}}});
  drain.wait_for_output("0 of 1");
  queue.move(pending(first), in("completed", first));
  CHECK(drain.wait().exit_status == 0);
}
#endif

TEST_CASE("drain says so when the queue is taken away, and 66") {
  Watched watched;
  std::filesystem::remove_all(watched.queue.path() + "/pending");
  const auto result = watched.drain->wait();
  CHECK(result.exit_status == 66);
  CHECK_THAT(result.err, Contains("was removed or replaced"));
}

TEST_CASE("a quiet drain says nothing") {
  const CliQueue queue;
  const auto result = queue.run({"drain", "-q"});
  CHECK(result.out.empty());
  CHECK(result.err.empty());
}
