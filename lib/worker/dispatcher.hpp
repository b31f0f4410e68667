#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "store/pauses.hpp"
#include "worker/bundle_settling.hpp"
#include "worker/claiming.hpp"
#include "worker/context.hpp"
#include "worker/lane.hpp"
#include "worker/router.hpp"
#include "worker/settler.hpp"
#include "worker/storage_guard.hpp"

namespace spoold {

// Decides which entries run when, and runs them: one coroutine a batch (claim, perform, settle). Lives on the
// loop's thread.
class Dispatcher {
 public:
  // What the dispatcher hands back to the worker.
  struct Hooks {
    std::function<void(std::string file_name)> look_again;  // a name in pending/ to be taken in anew
    std::function<void(Unsettled name)> look_later;         // still being written
    std::function<void(EntryName name)> put_off;            // now lies in deferred/
    std::function<void()> changed;                          // a batch ended
  };

  Dispatcher(const WorkerContext& context, std::vector<std::shared_ptr<Lane>> lanes,
             std::shared_ptr<const Router> router, Hooks hooks);

  // Takes in a runnable name of ours, or a foreign one whose priority and time are known.
  void add(const EntryName& name);
  void add_foreign(std::string file_name, int priority, WallTime modified);
  void add_all(WaitingSet names);

  // Begins every batch that may begin now.
  void pump();

  // Opens some of the entries whose lane is not known yet, to learn it. True if there was something to do.
  [[nodiscard]] boost::asio::awaitable<bool> route_some();
  // If the storage may be tried: settles again what it refused, or, in trouble, looks whether it is well.
  [[nodiscard]] boost::asio::awaitable<void> try_storage();
  // The worker's last call: settles what the storage refused, and gives back what it still refuses, so that
  // the next start does not take our stop for a crash. What stays held cannot even be moved.
  [[nodiscard]] boost::asio::awaitable<void> let_go_of_held();
  // Housekeeping of the backends; `oldest_live` as in Backend::maintain.
  [[nodiscard]] boost::asio::awaitable<void> maintain(std::uint64_t oldest_live);

  // Notes how a call on the queue's file system went that somebody else made.
  void note_storage(const std::optional<Error>& trouble);

  // Entries of lanes that are paused wait; what runs goes on, a bundle to the end of its slice.
  void set_pauses(Pauses pauses) { pauses_ = std::move(pauses); }
  [[nodiscard]] const Pauses& pauses() const { return pauses_; }
  [[nodiscard]] bool is_paused(const Lane& lane) const {
    return lane.paused || pauses_.of(lane.name) != nullptr;
  }

  // Makes the attempt at this entry end early; unless it takes effect all the same, the entry is then
  // cancelled. `by`: a name for people. False: it is not being performed.
  [[nodiscard]] bool cancel(std::uint64_t seq, const std::string& by);

  // What is being performed, the first `entries_max` of it.
  struct Running {
    std::uint64_t seq = 0;
    std::string operation;
    std::string lane;
    std::uint32_t attempt = 0;
    MonotonicTime since{};
  };
  [[nodiscard]] std::vector<Running> running_entries(std::size_t entries_max) const;
  // Where an entry waits. No lane: its file has not been looked into yet.
  struct Waiting {
    std::shared_ptr<const Lane> lane;
    LaneQueue::Place place;
  };
  [[nodiscard]] std::optional<Waiting> find_waiting(std::uint64_t seq) const;

  void stop_claiming() { claiming_ = false; }
  // Makes running attempts end early.
  void interrupt();
  // Takes other lanes and routes. What runs goes on as it began; what waits is routed anew.
  void reconfigure(std::vector<std::shared_ptr<Lane>> lanes, std::shared_ptr<const Router> router);
  // No entry is deferred for longer than this by a back-off or by what a backend asks for.
  [[nodiscard]] std::chrono::nanoseconds wait_max() const;
  void set_ageing(std::chrono::nanoseconds per_level) { ageing_ = per_level; }
  // No more than this many entries are settled, counted from now.
  void limit_entries(std::uint64_t entries) { entries_max_ = entries; }

  // Entries claimed and not yet settled, held ones apart; also those of lanes that a reload has put away.
  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::uint64_t waiting_entries() const;  // the same, bundles of ours by their lines
  [[nodiscard]] std::size_t held() const { return storage_.held(); }
  [[nodiscard]] bool reached_limit() const { return entries_max_ && settled_ >= *entries_max_; }
  // Something waits, and every lane or the storage it waits for is out of order.
  [[nodiscard]] std::optional<std::string> blocked_by() const;
  // When something may begin that only time held back at `since`; nothing if that takes an event.
  [[nodiscard]] std::optional<MonotonicTime> next_look(MonotonicTime since) const;

  [[nodiscard]] const std::vector<std::shared_ptr<Lane>>& lanes() const { return lanes_; }
  [[nodiscard]] const StorageGuard& storage() const { return storage_; }
  // Seqs and foreign names known to wait, for comparing with what a scan finds.
  void collect_known(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign) const;

 private:
  struct Batch {
    std::shared_ptr<Lane> lane;
    std::size_t lane_index = 0;
    std::vector<std::string> names;  // as picked from the waiting set
    std::size_t entries = 0;         // of these, how many are claimed or being claimed
    bool solitary = false;
    bool bundle = false;           // the one name is that of a bundle
    std::optional<int> turn = {};  // of a bundle, while it has its place among the lane's turns: its priority
    std::shared_ptr<const Router> router;
    MonotonicTime began{};
    const std::vector<Claim>* performing = nullptr;  // while the backend has them
  };

  // Where a name goes whose operation is not known: its lane, if there is but one.
  [[nodiscard]] WaitingSet& waiting_of_new();
  void set_route_rates();
  [[nodiscard]] bool may_begin(const Lane& lane, MonotonicTime now) const;
  [[nodiscard]] std::size_t entries_allowed(const Lane& lane, MonotonicTime now) const;
  void pick(Batch& batch, MonotonicTime now);
  [[nodiscard]] static std::optional<LaneQueue::Next> pass_over_last_probe(Lane& lane, MonotonicTime now);
  [[nodiscard]] bool begin(std::size_t lane_index, MonotonicTime now);
  [[nodiscard]] static bool waits_for_bundle(const Lane& lane, MonotonicTime now);
  [[nodiscard]] bool may_run_alone(const Lane& lane, std::uint32_t crashes) const;
  boost::asio::awaitable<void> run(Batch batch);
  boost::asio::awaitable<bool> open_backend(Lane& lane);
  boost::asio::awaitable<void> perform_and_settle(Batch& batch, ClaimedBatch claimed);
  std::vector<Settlement> decide_all(const Lane& lane, ClaimedBatch claimed, std::vector<Outcome> outcomes);
  void take_in(Batch& batch, ClaimedBatch& claimed);
  boost::asio::awaitable<SettledBatch> settle(const Lane& lane, std::vector<Settlement> settlements);
  void take_in(SettledBatch& settled, MonotonicTime began);  // all but its trouble
  class BundleRun;
  boost::asio::awaitable<void> run_bundle(Batch& batch);
  boost::asio::awaitable<void> perform_lines(Batch& batch, BundleRun& run);
  boost::asio::awaitable<std::vector<Outcome>> perform_slice(Batch& batch, const BundleSlice& slice);
  void decide_lines(Lane& lane, BundleRun& run, BundleSlice slice, std::vector<Outcome> outcomes);
  void end_turn(Batch& batch);
  boost::asio::awaitable<void> pass_over_rest(BundleRun& run);
  // The trouble for which it is held now, if any.
  boost::asio::awaitable<std::optional<Error>> settle_bundle(BundleSettlement settlement,
                                                             MonotonicTime began);
  boost::asio::awaitable<void> settle_held();
  void judge(Lane& lane, const std::vector<Claim>& claims, std::vector<Outcome>& outcomes);
  void lane_failed(Lane& lane, const Unavailable& unavailable);
  void lane_succeeded(Lane& lane);
  void finish(Batch& batch);

  WorkerContext context_;
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::shared_ptr<const Router> router_;
  Hooks hooks_;
  WaitingSet unrouted_;
  std::set<const Batch*> active_;
  Pauses pauses_;
  std::map<std::uint64_t, std::string> cancelled_;  // what is performed and to be cancelled: by whom
  std::size_t running_ = 0;
  StorageGuard storage_;
  Settler settler_;
  std::mt19937_64 random_{std::random_device{}()};
  bool claiming_ = true;
  bool alone_ = false;  // an entry runs that twice crashed the worker: nothing else may
  std::optional<std::uint64_t> entries_max_;
  std::uint64_t settled_ = 0;
  std::chrono::nanoseconds ageing_{0};
};

}  // namespace spoold
