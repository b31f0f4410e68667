#include <catch2/catch.hpp>
#include <filesystem>

#include "worker/bundle_bench.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::after_claim;
using test::DispatcherBench;
using test::enqueue_bundle;
using test::line;
using test::name_of;
using Lanes = test::BundleLanes;

}  // namespace

TEST_CASE("a bundle's lines are performed in order, and it is completed as one") {
  Lanes lanes;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), {line("sql.a"), line("sql.b"), line("sql.c")});
  lanes.bench.work();
  CHECK(DispatcherBench::operations_of(*lanes.sql) == Names{"sql.a", "sql.b", "sql.c"});
  CHECK(lanes.only(State::completed) == after_claim(bundle));
  CHECK(lanes.bench.count("completed") == 1);
  for (const Event& event : lanes.bench.events()) {
    if (const auto* completed = std::get_if<event::Completed>(&event)) {
      CHECK(completed->count == 3);
      CHECK(completed->first.id == format_id(bundle.seq + 1));
    }
  }
  CHECK(lanes.bench.dispatcher().running() == 0);
  CHECK(lanes.bench.lane(0).running == 0);
}

TEST_CASE("a large bundle runs in slices, and better entries of its lane in between") {
  Lanes lanes;
  lanes.sql->holding = true;
  lanes.bench.start();
  enqueue_bundle(lanes.bench.queue(), Names(1200, line("sql.line")));
  lanes.bench.work();
  REQUIRE(lanes.sql->performed.size() == 1);
  CHECK(lanes.sql->performed[0].size() == 100);
  CHECK(lanes.bench.dispatcher().running() == 1200);
  lanes.sql->go_on();
  lanes.bench.run();
  lanes.bench.enqueue("sql.after", 5);
  lanes.bench.enqueue("sql.better", 4);
  lanes.bench.work();
  REQUIRE(lanes.sql->performed.size() == 3);
  CHECK(lanes.sql->performed[2] == Names{"sql.better"});
  while (lanes.sql->running > 0) {
    lanes.sql->go_on();
    lanes.bench.run();
  }
  CHECK(DispatcherBench::operations_of(*lanes.sql).size() == 1202);
  CHECK(DispatcherBench::operations_of(*lanes.sql).back() == "sql.after");
  CHECK(lanes.names(State::completed).size() == 3);
  CHECK(lanes.bench.lane(0).bundle_turns.empty());
}

TEST_CASE("a bundle and single entries run in the order of their names, each bundle a batch of its own") {
  Lanes lanes;
  lanes.bench.start();
  lanes.bench.enqueue("sql.first", 5);
  enqueue_bundle(lanes.bench.queue(), {line("sql.second"), line("sql.third")});
  lanes.bench.enqueue("sql.fourth", 5);
  enqueue_bundle(lanes.bench.queue(), {line("sql.best")}, 1);
  lanes.bench.work();
  lanes.bench.work();
  CHECK(DispatcherBench::operations_of(*lanes.sql) ==
        Names{"sql.best", "sql.first", "sql.second", "sql.third", "sql.fourth"});
}

TEST_CASE("each line that does not end as done becomes an entry of its own, and the others stay done") {
  Lanes lanes;
  lanes.sql->outcomes["sql.bad"] = [] { return Outcome{Reject{"no such table"}}; };
  lanes.sql->outcomes["sql.later"] = [] { return Outcome{Retry{"busy", std::nullopt}}; };
  lanes.bench.start();
  const EntryName bundle =
      enqueue_bundle(lanes.bench.queue(), {line("sql.good"), line("sql.bad", R"(,"priority":2)"), "{broken",
                                           line("sql.later"), line("sql.good"), "[1]"});
  lanes.bench.work();
  EntryName failed = line_name(bundle, 2);
  failed.priority = 2;
  failed.attempts = 1;
  CHECK(lanes.only(State::failed) == format_entry_name(failed));
  const Json dead =
      test::entry_of(lanes.bench.queue().read(State::failed, lanes.only(State::failed))).document;
  CHECK(dead["last_error"] == "no such table");
  CHECK(dead["seq"] == format_id(bundle.seq + 2));
  CHECK(dead["attempts"].size() == 1);

  const auto deferred = parse_entry_name(lanes.only(State::deferred));
  REQUIRE(deferred);
  CHECK(deferred->seq == bundle.seq + 4);
  CHECK(deferred->attempts == 1);
  REQUIRE(lanes.bench.put_off.size() == 1);
  CHECK(lanes.bench.put_off.front() == *deferred);

  const std::string third = name_of(bundle, 3);
  const std::string sixth = name_of(bundle, 6);
  CHECK(lanes.names(State::corrupt) == Names{third, third + ".reason", sixth, sixth + ".reason"});
  CHECK(lanes.bench.queue().read(State::corrupt, third) == "{broken\n");
  const std::string reason = lanes.bench.queue().read(State::corrupt, third + ".reason");
  CHECK_THAT(reason, Catch::StartsWith("line 3 of bundle " + format_id(bundle.seq) + ": byte 1: "));

  CHECK(lanes.bench.queue().read(State::completed, lanes.only(State::completed)) ==
        line("sql.good") + "\n\n\n\n" + line("sql.good") + "\n\n");
  CHECK(lanes.bench.queue().staged().empty());
  CHECK(lanes.bench.count("dead_lettered") == 1);
  CHECK(lanes.bench.count("condemned") == 2);
  CHECK(lanes.bench.count("deferred") == 1);
}

TEST_CASE("a line for another lane, for later or expired never runs in the bundle") {
  Lanes lanes;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(
      lanes.bench.queue(),
      {line("sql.now"), line("web.call"), line("sql.then", R"(,"not_before":"2250-01-02T04:42:43Z")"),
       line("sql.old", R"(,"expires_at":"2000-01-01T00:00:00Z")"), line("nobody.knows")});
  lanes.bench.work();
  CHECK(DispatcherBench::operations_of(*lanes.sql) == Names{"sql.now"});
  CHECK(lanes.only(State::pending) == name_of(bundle, 2));
  const auto later = parse_entry_name(lanes.only(State::deferred));
  REQUIRE(later);
  CHECK(later->seq == bundle.seq + 3);
  CHECK(later->attempts == 0);
  CHECK(lanes.names(State::failed) == Names{name_of(bundle, 4, 1), name_of(bundle, 5, 1)});
  CHECK(lanes.names(State::completed).size() == 1);
  lanes.bench.work();
  CHECK(DispatcherBench::operations_of(*lanes.web) == Names{"web.call"});
}

TEST_CASE("a lane that takes no bundles gets each line as an entry of its own") {
  Lanes lanes;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), {line("web.a"), line("web.b")});
  lanes.bench.work();
  CHECK(lanes.web->performed.empty());
  CHECK(lanes.names(State::pending) == Names{name_of(bundle, 1), name_of(bundle, 2)});
  CHECK(lanes.bench.queue().read(State::completed, lanes.only(State::completed)) == "\n\n");
}

TEST_CASE("where a rate limits the lane or the route, the lines wait one by one") {
  LaneOptions options;
  options.rate = Rate{1, 1min};
  Lanes lanes{options};
  lanes.bench.start();
  enqueue_bundle(lanes.bench.queue(), {line("sql.a"), line("sql.b")});
  lanes.bench.work();
  CHECK(lanes.sql->performed.empty());
  CHECK(lanes.names(State::pending).size() == 2);
}

TEST_CASE("a line that is cancelled while its slice runs leaves the bundle for cancelled/") {
  Lanes lanes;
  lanes.sql->holding = true;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), {line("sql.a"), line("sql.b")});
  lanes.bench.work();
  CHECK(lanes.bench.dispatcher().cancel(bundle.seq + 2, "ada"));
  CHECK_FALSE(lanes.bench.dispatcher().cancel(bundle.seq, "ada"));
  lanes.sql->go_on();
  lanes.bench.run();
  CHECK(lanes.names(State::cancelled) == Names{name_of(bundle, 2, 1)});
  CHECK(lanes.bench.queue().read(State::completed, after_claim(bundle)) == line("sql.a") + "\n\n");
}

TEST_CASE("a bundle that twice crashed the worker is taken apart, and its lines run alone") {
  Lanes lanes;
  lanes.bench.start();
  EntryName bundle = *parse_entry_name("05_00000000000000000100.n2.a2.c2.jsonl");
  lanes.bench.queue().drop(format_entry_name(bundle), test::bundle_text({line("sql.a"), line("sql.b")}));
  lanes.bench.work();
  CHECK(lanes.sql->performed.empty());
  CHECK(lanes.names(State::pending) ==
        Names{"05_00000000000000000101.c1.json", "05_00000000000000000102.c1.json"});
  lanes.bench.work();
  CHECK(lanes.sql->performed == std::vector<Names>{{"sql.a"}, {"sql.b"}});
}

TEST_CASE("what the disk refuses to let leave a bundle leaves it when the disk is mended, once") {
  for (std::size_t nth = 1;; ++nth) {
    INFO("call " << nth);
    Lanes lanes;
    lanes.sql->outcomes["sql.bad"] = [] { return Outcome{Reject{"no"}}; };
    lanes.bench.start();
    const EntryName bundle =
        enqueue_bundle(lanes.bench.queue(), {line("sql.good"), line("sql.bad"), line("web.call"), "{"});
    lanes.bench.queue().files().heal();
    lanes.bench.queue().files().fail(nth, ENOSPC);
    lanes.bench.work();
    const bool struck = lanes.bench.queue().files().struck();
    lanes.bench.queue().files().heal();
    for (int i = 0; i < 5; ++i) {
      lanes.bench.clock().advance(1min);
      lanes.bench.work();
    }
    CHECK(lanes.bench.queue().read(State::completed, lanes.only(State::completed)) ==
          line("sql.good") + "\n\n\n\n");
    // A name whose sync failed is not believed in, and the line has another.
    CHECK(parse_entry_name(lanes.only(State::failed))->seq == bundle.seq + 2);
    CHECK(lanes.names(State::corrupt).size() == 2);
    CHECK(DispatcherBench::operations_of(*lanes.web) == Names{"web.call"});
    CHECK(lanes.bench.dispatcher().running() == 1);  // the call
    if (!struck) break;
  }
}

TEST_CASE("held bundles that fail again are one trouble, not mended and new at each try") {
  Lanes lanes;
  lanes.sql->outcomes["sql.bad"] = [] { return Outcome{Reject{"no"}}; };
  lanes.sql->holding = true;
  lanes.bench.start();
  enqueue_bundle(lanes.bench.queue(), {line("sql.good"), line("sql.bad")});
  lanes.bench.work();
  lanes.bench.queue().files().fail("write_new", 1, ENOSPC, test::FaultFileSystem::Times::onwards);
  lanes.sql->go_on();
  lanes.bench.run();
  for (int i = 0; i < 5; ++i) {
    lanes.bench.clock().advance(10min);
    lanes.bench.work();
  }
  CHECK(lanes.bench.count("storage_trouble") == 1);
  CHECK(lanes.bench.count("storage_mended") == 0);
}

TEST_CASE("lines leave a bundle although what they were staged in was removed in between") {
  Lanes lanes;
  lanes.sql->outcomes["sql.bad"] = [] { return Outcome{Reject{"no"}}; };
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), {line("sql.good"), line("sql.bad")});
  bool emptied = false;
  test::TempQueue& queue = lanes.bench.queue();
  queue.files().before_call = [&](const std::string& call) {
    if (call != "rename_new" || emptied) return;
    for (const std::string& name : queue.staged()) {
      emptied = true;
      std::filesystem::remove(queue.path() + "/.tmp/" + name);
    }
  };
  lanes.bench.work();
  REQUIRE(emptied);
  lanes.bench.clock().advance(1min);
  lanes.bench.work();
  CHECK(lanes.only(State::failed) == name_of(bundle, 2, 1));
  CHECK(lanes.only(State::completed) == after_claim(bundle));
}

TEST_CASE("a bundle that more lines leave than fit into one go comes to the same end") {
  Lanes lanes;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), Names(1201, line("web.call")));
  lanes.bench.work();
  CHECK(lanes.names(State::processing).size() + lanes.names(State::pending).size() == 1201);
  CHECK(measure_bundle(lanes.bench.queue().read(State::completed, after_claim(bundle))).entries == 0);
}

}  // namespace spoold
