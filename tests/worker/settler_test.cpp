#include "worker/settler.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "worker/worker_bench.hpp"

namespace spoold {

namespace {

using Calls = std::vector<std::string>;
using test::WorkerBench;

class SettlerBench : public WorkerBench {
 public:
  // Begins to settle one claim as done.
  void settle(Claim claim) {
    std::vector<Settlement> settlements;
    settlements.push_back({std::move(claim), Ack{Json{{"status", "done"}}}, "web"});
    boost::asio::co_spawn(executor(), settler.settle(std::move(settlements)),
                          [this](const std::exception_ptr& thrown, SettledBatch batch) {
                            if (thrown) std::rethrow_exception(thrown);
                            settled.push_back(std::move(batch));
                          });
  }
  Claim claim() { return queue().claim(queue().enqueue()); }
  [[nodiscard]] std::size_t count_of_calls(const std::string& call) {
    const Calls& calls = queue().files().calls();
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), call));
  }

  Settler settler{context()};
  std::vector<SettledBatch> settled;
};

}  // namespace

TEST_CASE("what finishes while the disk is busy is made durable by one sync, each with a result of its own") {
  SettlerBench bench;
  std::vector<Claim> claims;
  for (int i = 0; i < 5; ++i) claims.push_back(bench.claim());
  bench.queue().files().heal();
  for (Claim& claim : claims) bench.settle(std::move(claim));
  bench.run();
  REQUIRE(bench.settled.size() == 5);
  for (const SettledBatch& batch : bench.settled) CHECK(batch.acked == 1);
  CHECK(bench.queue().names(State::completed).size() == 5);
  // The first goes at once, the other four together.
  CHECK(bench.count_of_calls("sync_directory") == 2);
}

TEST_CASE("nothing is told as settled before the sync that makes it durable") {
  SettlerBench bench;
  Claim claim = bench.claim();
  std::size_t told_at_sync = 1;
  bench.queue().files().before_call = [&](const std::string& call) {
    if (call == "sync_directory") told_at_sync = bench.settled.size();
  };
  bench.settle(std::move(claim));
  bench.run();
  CHECK(told_at_sync == 0);
  CHECK(bench.settled.size() == 1);
}

TEST_CASE("a sync that fails is trouble for each batch of the group") {
  SettlerBench bench;
  std::vector<Claim> claims;
  for (int i = 0; i < 3; ++i) claims.push_back(bench.claim());
  bench.queue().files().fail("sync_directory", 1, EIO, test::FaultFileSystem::Times::onwards);
  for (Claim& claim : claims) bench.settle(std::move(claim));
  bench.run();
  REQUIRE(bench.settled.size() == 3);
  for (const SettledBatch& batch : bench.settled) {
    REQUIRE(batch.trouble);
    CHECK(batch.trouble->kind == ErrorKind::unknown);
  }
}

TEST_CASE("a settlement that the disk refuses is held, and the others of its group are settled") {
  SettlerBench bench;
  std::vector<Claim> claims;
  for (int i = 0; i < 4; ++i) claims.push_back(bench.claim());
  bench.queue().files().fail("write_new", 3, ENOSPC);
  for (Claim& claim : claims) bench.settle(std::move(claim));
  bench.run();
  REQUIRE(bench.settled.size() == 4);
  std::size_t held = 0;
  for (const SettledBatch& batch : bench.settled) held += batch.held.size();
  CHECK(held == 1);
  CHECK(bench.queue().names(State::completed).size() == 3);
}

}  // namespace spoold
