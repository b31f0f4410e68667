#include <catch2/catch.hpp>

#include "event/every_event.hpp"

using namespace spoold;
using namespace std::chrono_literals;
using spoold::test::an_entry;
using spoold::test::one_of_each_event;

TEST_CASE("an event is told in one line: what, which entry, why, and what follows") {
  const std::vector<std::string> lines{
      "started on /var/spool/q: 12 entries pending, 3 deferred; watching by inotify",
      "brought back 3 entries which an earlier run had begun and not ended; 1 entry went to failed/ instead, "
      "for the worker died too often holding it",
      "entry 00001767328963000050 (operation update_checkpoint, lane main, attempt 2) completed in 12ms",
      "entry 00001767328963000050 (operation update_checkpoint, lane main, attempt 2) did not succeed: HTTP "
      "status 503; will be tried again at 2026-01-02T04:42:43.000Z",
      "entry 00001767328963000050 (operation update_checkpoint, lane main, attempt 2) failed for good: no "
      "such "
      "table: sessions; it lies in failed/ until somebody retries it",
      "entry 00001767328963000050 (operation update_checkpoint, lane main, attempt 2) was cancelled by root "
      "while it ran; it lies in cancelled/",
      "50 entries of lane main given back to pending/: the backend is unavailable; no attempt is counted",
      "'x.json' is no entry: a symlink; it was moved to corrupt/ as it is, for somebody to look at",
      "lane main is unavailable: database is locked; its entries wait, no attempt is counted; next try in 2s",
      "lane main is available again after 1m30s; its entries go on",
      "the queue's storage is in trouble: write .tmp/x: No space left on device; claims stop until this is "
      "mended, nothing is lost; next look in 2s",
      "the queue's storage works again after 5m; claims go on",
      "inotify is not to be had: watch /var/spool/q: Too many open files; the queue is polled instead, which "
      "notices entries a little later",
      "a rescan found 1 entry the watch had not told of: the watch lost events; it runs like any other",
      "2 entries waited for another attempt longer than any wait is (the clock stepped back): due by "
      "2026-01-02T04:42:43.000Z instead",
      "idle, and stays all the same: 'README.txt' lies in pending/, cannot run, and would start the daemon "
      "again "
      "at once; move it away",
      "1234 lines of the kind dead_lettered left out, being too many; spoolctl list and spoolctl errors know "
      "of each "
      "entry",
      "stopping: SIGTERM; no new claims, what runs may end within the grace",
      "stopped: idle for 5m; 1 entry completed and 0 failed in this run"};
  const std::vector<Event> events = one_of_each_event();
  REQUIRE(events.size() == lines.size());
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(describe(events[i]) == lines[i]);
}

TEST_CASE("a batch is told by its lane and count") {
  CHECK(describe(event::Completed{"main", 100, 35ms, an_entry}) ==
        "100 entries completed in lane main in 35ms");
}

TEST_CASE("an entry that only waits is not said to have failed") {
  EntryRef waits = an_entry;
  waits.attempt = 0;
  CHECK(describe(event::Deferred{waits, WallTime{1767328963s}, "not to run before that"}) ==
        "entry 00001767328963000050 (operation update_checkpoint, lane main) is put off: not to run before "
        "that; will be run at 2026-01-02T04:42:43.000Z");
}

TEST_CASE("a recovery that found nothing says so") {
  CHECK(describe(event::Recovered{}) == "nothing was left over by an earlier run");
  CHECK(describe(event::Recovered{1, 0}) ==
        "brought back 1 entry which an earlier run had begun and not ended");
}

TEST_CASE("durations are as exact as a person wants them") {
  const auto after = [](std::chrono::nanoseconds duration) {
    return describe(event::Completed{"m", 2, duration, {}})
        .substr(std::string{"2 entries completed in lane m in "}.size());
  };
  CHECK(after(0ns) == "0s");
  CHECK(after(999ns) == "under 1us");
  CHECK(after(12'345ns) == "12us");
  CHECK(after(12'345'678ns) == "12ms");
  CHECK(after(2'345ms) == "2s300ms");
  CHECK(after(61'999ms) == "1m1s");
  CHECK(after(25h + 1ms) == "1d1h");
}

TEST_CASE("whatever the bytes, a description is one printable line") {
  EntryRef hostile = an_entry;
  hostile.operation = "\x1b[2J\nENTRY_ID=1";
  const std::string line = describe(event::DeadLettered{hostile, std::string("nul\0\r\xff", 6)});
  CHECK(
      line ==
      "entry 00001767328963000050 (operation \\x1B[2J\\x0AENTRY_ID=1, lane main, attempt 2) failed for good: "
      "nul\\x00\\x0D\\xFF; it lies in failed/ until somebody retries it");
}

TEST_CASE("a very long reason is cut, between characters") {
  std::string reason(999, 'x');
  reason += "\u20ac\u20ac";
  CHECK(describe(event::Stopping{reason}) ==
        "stopping: " + std::string(999, 'x') + "...; no new claims, what runs may end within the grace");
}

TEST_CASE("a reason that was not given leaves no gap") {
  CHECK(describe(event::Condemned{"x.json", ""}) ==
        "'x.json' is no entry: no reason was given; it was moved to corrupt/ as it is, for somebody to look "
        "at");
}
