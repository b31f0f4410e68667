#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/bundles.hpp"
#include "worker/dispatcher_bench.hpp"

namespace spoold {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::DispatcherBench;
using test::enqueue_bundle;
using test::ScriptedBackend;

std::string line(const std::string& operation, const std::string& more = "") {
  return R"({"operation":")" + operation + "\"" + more + "}";
}

// Lane "sql" takes bundles, lane "web" does not.
struct Lanes {
  explicit Lanes(const LaneOptions& options = {}) : sql(&bench.add_lane("sql", options)) {
    sql->batch = 100;
    sql->lines = 1000;
    sql->memory = true;
    web = &bench.add_lane("web");
    web->holding = true;
  }

  DispatcherBench bench;
  ScriptedBackend* sql;
  ScriptedBackend* web = nullptr;

  [[nodiscard]] Names names(State state) { return bench.queue().names(state); }
  [[nodiscard]] std::string only(State state) {
    const Names found = names(state);
    REQUIRE(found.size() == 1);
    return found.front();
  }
};

std::string name_of(const EntryName& bundle, std::uint32_t number, std::uint32_t attempts = 0) {
  EntryName name = line_name(bundle, number);
  name.attempts = attempts;
  return format_entry_name(name);
}

std::string after_claim(EntryName bundle) {
  bundle.attempts = 1;
  return format_entry_name(bundle);
}

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

TEST_CASE("an outage gives the bundle back without what has left it, and counts no attempt") {
  Lanes lanes;
  lanes.sql->outcomes["sql.bad"] = [] { return Outcome{Reject{"no"}}; };
  lanes.sql->outcomes["sql.down"] = [] { return Outcome{Unavailable{"disk I/O error", std::nullopt}}; };
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(
      lanes.bench.queue(), {line("sql.done"), line("sql.bad"), line("sql.down"), line("web.call"), "{"});
  lanes.bench.work();
  CHECK(lanes.names(State::pending) == Names{format_entry_name(bundle), name_of(bundle, 4)});
  CHECK(lanes.bench.queue().read(State::pending, format_entry_name(bundle)) ==
        line("sql.done") + "\n\n" + line("sql.down") + "\n\n\n");
  CHECK(lanes.names(State::failed) == Names{name_of(bundle, 2, 1)});
  CHECK(lanes.names(State::corrupt).size() == 2);
  CHECK(lanes.bench.count("lane_unavailable") == 1);
  CHECK(lanes.bench.count("released") == 1);
  lanes.sql->outcomes.clear();
  lanes.bench.clock().advance(1min);
  lanes.bench.work();
  CHECK(lanes.only(State::completed) == after_claim(bundle));
  CHECK(lanes.names(State::failed).size() == 1);
  CHECK(lanes.bench.count("lane_available") == 1);
}

TEST_CASE("a line that the backend cannot take, while others are served, is found and leaves the bundle") {
  Lanes lanes;
  lanes.sql->outcomes["sql.huge"] = [] { return Outcome{Unavailable{"out of memory", std::nullopt}}; };
  lanes.bench.start();
  Names lines(300, line("sql.line"));
  lines[150] = line("sql.huge");
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), lines);
  for (int i = 0; i < 12 && lanes.names(State::deferred).empty(); ++i) {
    lanes.bench.work();
    lanes.bench.clock().advance(10min);
  }
  const auto deferred = parse_entry_name(lanes.only(State::deferred));
  REQUIRE(deferred);
  CHECK(deferred->seq == bundle.seq + 151);
  lanes.bench.work();
  CHECK(lanes.names(State::completed).size() == 1);
}

TEST_CASE("a stop gives the bundle back after the slice that runs") {
  Lanes lanes;
  lanes.sql->holding = true;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), Names(800, line("sql.line")));
  lanes.bench.work();
  lanes.bench.dispatcher().stop_claiming();
  lanes.sql->go_on();
  lanes.bench.run();
  CHECK(lanes.sql->performed.size() == 1);
  CHECK(lanes.only(State::pending) == format_entry_name(bundle));
  CHECK(lanes.bench.dispatcher().running() == 0);
}

TEST_CASE("a pause gives the bundle back after the slice that runs, and it goes on when the pause is over") {
  Lanes lanes;
  lanes.sql->holding = true;
  lanes.bench.start();
  const EntryName bundle = enqueue_bundle(lanes.bench.queue(), Names(800, line("sql.line")));
  lanes.bench.work();
  Pauses pauses;
  pauses.lanes["sql"] = Pause{};
  lanes.bench.dispatcher().set_pauses(pauses);
  lanes.sql->holding = false;
  lanes.sql->go_on();
  lanes.bench.run();
  CHECK(lanes.sql->performed.size() == 1);
  CHECK(lanes.only(State::pending) == format_entry_name(bundle));
  CHECK(lanes.bench.count("completed") == 0);
  lanes.bench.dispatcher().set_pauses({});
  lanes.bench.work();
  CHECK(lanes.only(State::completed) == after_claim(bundle));
}

TEST_CASE("lines of a bundle that is given back count as completed once, when it is acknowledged") {
  Lanes lanes;
  lanes.sql->outcomes["sql.down"] = [] { return Outcome{Unavailable{"disk I/O error", std::nullopt}}; };
  lanes.bench.start();
  enqueue_bundle(lanes.bench.queue(), {line("sql.done"), line("sql.down")});
  lanes.bench.work();
  CHECK(lanes.bench.count("completed") == 0);
  lanes.sql->outcomes.clear();
  lanes.bench.clock().advance(1min);
  lanes.bench.work();
  REQUIRE(lanes.bench.count("completed") == 1);
  for (const Event& event : lanes.bench.events()) {
    if (const auto* completed = std::get_if<event::Completed>(&event)) CHECK(completed->count == 2);
  }
}

TEST_CASE("what is written to a submitted bundle while it runs is put aside and told") {
  Lanes lanes;
  lanes.sql->holding = true;
  lanes.bench.start();
  lanes.bench.queue().drop("rows.jsonl", test::bundle_text({line("sql.a")}));
  lanes.bench.dispatcher().add_foreign("rows.jsonl", 5, lanes.bench.clock().wall_now());
  while (lanes.bench.await(lanes.bench.dispatcher().route_some())) {
  }
  lanes.bench.dispatcher().pump();
  lanes.bench.run();
  std::ofstream{lanes.bench.queue().path_of(State::processing, lanes.only(State::processing)), std::ios::app}
      << line("sql.b") << '\n';
  lanes.sql->go_on();
  lanes.bench.run();
  CHECK(lanes.bench.count("condemned") == 1);
  CHECK(lanes.names(State::corrupt).size() == 2);
  CHECK(lanes.bench.queue().read(State::completed, lanes.only(State::completed)) ==
        test::bundle_text({line("sql.a")}));
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

TEST_CASE("a foreign bundle gets numbers for all lines it may have, durably before they run") {
  Lanes lanes;
  lanes.bench.start();
  lanes.bench.queue().drop("2_rows.jsonl", test::bundle_text({line("sql.a"), line("sql.b")}));
  lanes.bench.queue().files().heal();
  lanes.bench.dispatcher().add_foreign("2_rows.jsonl", 2, lanes.bench.clock().wall_now());
  while (lanes.bench.await(lanes.bench.dispatcher().route_some())) {
  }
  lanes.bench.dispatcher().pump();
  lanes.bench.run();
  const auto name = parse_entry_name(lanes.only(State::completed));
  REQUIRE(name);
  CHECK(name->lines == 2);
  CHECK(name->label == "2_rows");
  CHECK(name->priority == 2);
  CHECK(lanes.bench.queue().sequence().next() > name->seq + StoreOptions{}.bundle_lines_max);
  const auto& calls = lanes.bench.queue().files().calls();
  CHECK(std::find(calls.begin(), calls.end(), "sync_directory") != calls.end());
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

TEST_CASE("a foreign bundle whose claim can be made neither durable nor undone is given back later") {
  Lanes lanes;
  lanes.bench.start();
  lanes.bench.queue().drop("2_rows.jsonl", test::bundle_text({line("sql.a")}));
  bool claimed = false;
  lanes.bench.queue().files().before_call = [&](const std::string& call) {
    if (call != "sync_directory" || claimed) return;
    claimed = true;
    lanes.bench.queue().files().fail(1, EIO, test::FaultFileSystem::Times::onwards);
  };
  lanes.bench.dispatcher().add_foreign("2_rows.jsonl", 2, lanes.bench.clock().wall_now());
  while (lanes.bench.await(lanes.bench.dispatcher().route_some())) {
  }
  lanes.bench.dispatcher().pump();
  lanes.bench.run();
  REQUIRE(claimed);
  REQUIRE(lanes.bench.dispatcher().held() == 1);
  lanes.bench.queue().files().before_call = nullptr;
  lanes.bench.queue().files().heal();
  lanes.bench.clock().advance(1min);
  lanes.bench.work();
  CHECK(lanes.bench.dispatcher().held() == 0);
  CHECK(lanes.names(State::processing).empty());
  CHECK(lanes.names(State::pending).size() == 1);
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
