#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "backend/command_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

CommandBench::Change times(std::chrono::nanoseconds timeout, std::chrono::nanoseconds kill_grace) {
  return [=](CommandOptions& options) {
    options.timeout = timeout;
    options.kill_grace = kill_grace;
  };
}

std::size_t resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

TEST_CASE("standard input reaches the program whole, also beyond what a pipe holds") {
  std::string text;
  for (int i = 0; text.size() < 900'000; ++i) text += std::to_string(i) + "\n";
  CommandBench bench{"cksum; cat > /dev/null", [](CommandOptions& options) { options.kill_grace = 1s; }};
  CommandBench other{"cat", [](CommandOptions& options) { options.output_bytes_max = 2'000'000; }};
  CHECK(other.receipt(Json{{"stdin", text}}.dump()).at("stdout") == text);
  CHECK(other.receipt(R"({"stdin":{"a":[1,2]}})").at("stdout") == R"({"a":[1,2]})");
  CHECK(bench.run(Json{{"stdin", text}}.dump()) == "done");
}

TEST_CASE("a program need not read its input") {
  const std::string entry = Json{{"stdin", std::string(900'000, 'x')}}.dump();
  CHECK(CommandBench{"exit 0"}.run(entry) == "done");
  CHECK(CommandBench{"exec 0<&-; echo ok"}.receipt(entry).at("stdout") == "ok\n");
}

TEST_CASE("a program over its time is told to end, and may clean up") {
  CommandBench bench{"trap 'echo cleaned >&2; exit 0' TERM; while :; do sleep 0.01; done", times(1s, 60s)};
  const std::string outcome = bench.run();
  CHECK(outcome.starts_with("retry: ran over 1s: "));
  CHECK(outcome.ends_with("cleaned"));
}

TEST_CASE("a program over its time that does not listen is killed") {
  CHECK(CommandBench{"trap '' TERM; while :; do sleep 1; done", times(100ms, 100ms)}.run() ==
        "retry: ran over 100ms");
  CHECK(CommandBench{"trap 'echo heard >&2' TERM; while :; do sleep 0.01; done", times(100ms, 0ms)}.run() ==
        "retry: ran over 100ms");
  CHECK(CommandBench{"kill -STOP $$", times(100ms, 100ms)}.run() == "retry: ran over 100ms");
}

TEST_CASE("a stopped program hears that it is to end") {
  CommandBench bench{"trap 'echo heard >&2; exit 1' TERM; kill -STOP $$; while :; do sleep 0.01; done",
                     times(1s, 60s)};
  CHECK(bench.run() == "retry: ran over 1s: heard");
}

TEST_CASE("the route's timeout stands in place of the backend's") {
  CHECK(CommandBench{"exec sleep 999", times(1h, 0ms)}.run("{}", 50ms) == "retry: ran over 50ms");
  CHECK(CommandBench{"exec sleep 0.3", times(1ms, 0ms)}.run("{}", 1h) == "done");
}

TEST_CASE("endless output is drained in bounded memory") {
  CommandBench bench{"yes; exit 0", times(500ms, 0ms)};
  const std::size_t before = resident_bytes();
  CHECK(bench.run() == "retry: ran over 500ms");
  CHECK(resident_bytes() - before < 8'000'000);
  const Json receipt = CommandBench{"yes | head -c 5000000; yes err | head -c 300000 >&2"}.receipt();
  CHECK(receipt.at("stdout_bytes") == 5'000'000);
  CHECK(receipt.at("stderr_bytes") == 300'000);
  CHECK(receipt.at("stdout").get<std::string>().size() < 65'536 + 100);
}

TEST_CASE("a stop ends what runs, and nothing begins after it") {
  CommandBench bench{"echo $$ > $SPOOLD_QUEUE/pid; echo > $SPOOLD_QUEUE/told; exec sleep 999"};
  bench.when_told([&] { bench.backend().stop(); });
  CHECK(bench.run() == "interrupted: the worker stops, and its program with it");
  CHECK_FALSE(is_running(bench.number_in("pid")));
  CHECK(bench.run() == "interrupted: the worker stops");
}

TEST_CASE("a stop kills what does not listen") {
  CommandBench bench{"trap '' TERM; echo > $SPOOLD_QUEUE/told; while :; do sleep 1; done", times(1h, 100ms)};
  bench.when_told([&] { bench.backend().stop(); });
  CHECK(bench.run() == "interrupted: the worker stops, and its program with it");
}

TEST_CASE("what ended well while the stop came is done") {
  CommandBench bench{"exit 0"};
  CHECK(bench.run() == "done");
  bench.backend().stop();
  bench.backend().stop();
  CHECK(bench.run() == "interrupted: the worker stops");
}

TEST_CASE("programs run side by side") {
  // Each waits for the other to be there.
  CommandBench bench{"touch $SPOOLD_QUEUE/$1; while ! [ -e $SPOOLD_QUEUE/$2 ]; do sleep 0.01; done"};
  const auto outcomes = bench.perform_all({R"({"args":["a","b"]})", R"({"args":["b","a"]})"});
  for (const Outcome& outcome : outcomes) CHECK(CommandBench::describe(outcome) == "done");
}

TEST_CASE("a backend that goes takes its programs along") {
  CommandBench bench{"echo $$ > $SPOOLD_QUEUE/pid; echo > $SPOOLD_QUEUE/told; exec sleep 999"};
  bool told = false;
  bench.when_told([&] { told = true; });
  bench.begin("{}", [&] { return told; });
  CHECK(is_running(bench.number_in("pid")));
  bench.drop_backend();
  CHECK_FALSE(is_running(bench.number_in("pid")));
}

TEST_CASE("a loop that goes while a program runs takes it along") {
  pid_t pid = -1;
  {
    CommandBench bench{"echo $$ > $SPOOLD_QUEUE/pid; echo > $SPOOLD_QUEUE/told; exec sleep 999"};
    bool told = false;
    bench.when_told([&] { told = true; });
    bench.begin("{}", [&] { return told; });
    pid = bench.number_in("pid");
    CHECK(is_running(pid));
  }
  CHECK_FALSE(is_running(pid));
}

TEST_CASE("one program is ended by its entry's id, within its grace, and no other") {
  CommandBench bench{
      "[ $SPOOLD_ID = $(cat $SPOOLD_QUEUE/victim) ] || { while ! [ -e $SPOOLD_QUEUE/heard ]; do sleep 0.01; "
      "done; exit 0; }\n"
      "trap 'echo > $SPOOLD_QUEUE/heard; exit 0' TERM; echo > $SPOOLD_QUEUE/told; while :; do sleep 0.01; "
      "done",
      times(1h, 60s)};
  const std::uint64_t victim = bench.last_seq() + 2;
  bench.queue().write("victim", format_id(victim));
  bench.when_told([&] {
    bench.backend().interrupt(victim + 77);
    bench.backend().interrupt(victim);
  });
  const auto outcomes = bench.perform_all({"{}", "{}"});
  CHECK(CommandBench::describe(outcomes[0]) == "done");
  CHECK(CommandBench::describe(outcomes[1]) == "interrupted: it was cancelled, and its program was ended");
}

TEST_CASE("a program that is taken back and does not listen is killed after its grace") {
  CommandBench bench{
      "trap '' TERM; echo $$ > $SPOOLD_QUEUE/pid; echo > $SPOOLD_QUEUE/told; while :; do sleep 1; done",
      times(1h, 100ms)};
  const std::uint64_t seq = bench.last_seq() + 1;
  bench.when_told([&] { bench.backend().interrupt(seq); });
  CHECK(bench.run() == "interrupted: it was cancelled, and its program was ended");
  CHECK_FALSE(is_running(bench.number_in("pid")));
}
