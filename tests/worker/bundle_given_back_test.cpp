#include <catch2/catch.hpp>
#include <fstream>

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

}  // namespace spoold
