#include "worker/dispatcher.hpp"

#include <algorithm>

#include "base/ensure.hpp"
#include "base/run_on.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

// Entries opened in one go to learn their lanes: about two milliseconds of the store's thread.
constexpr std::size_t route_slice = 500;
constexpr std::size_t route_bundles = 4;  // of these; each may be some megabytes
// An entry that crashed the worker once runs alone in its lane; twice, alone altogether, so that innocent
// entries of other lanes can never reach the limit by its fault.
constexpr std::uint32_t crashes_until_alone = 2;

}  // namespace

Dispatcher::Dispatcher(const WorkerContext& context, std::vector<std::shared_ptr<Lane>> lanes,
                       std::shared_ptr<const Router> router, Hooks hooks)
    : context_(context),
      lanes_(std::move(lanes)),
      router_(std::move(router)),
      hooks_(std::move(hooks)),
      settler_(context) {
  set_route_rates();
}

void Dispatcher::set_route_rates() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i]->waiting.set_rates(router_->rates_of(i));
}

WaitingSet& Dispatcher::waiting_of_new() {
  const auto only = router_->only_lane();
  return only ? lanes_[*only]->waiting.unrated() : unrouted_;
}

void Dispatcher::add(const EntryName& name) {
  waiting_of_new().add(name);
}

void Dispatcher::add_foreign(std::string file_name, int priority, WallTime modified) {
  waiting_of_new().add_foreign(std::move(file_name), priority, modified);
}

void Dispatcher::add_all(WaitingSet names) {
  waiting_of_new().merge(std::move(names));
}

std::size_t Dispatcher::waiting() const {
  std::size_t total = unrouted_.size();
  for (const auto& lane : lanes_) total += lane->waiting.size();
  return total;
}

bool Dispatcher::may_begin(const Lane& lane, MonotonicTime now) const {
  if (!claiming_ || alone_ || lane.solitary || is_paused(lane) || !lane.waiting.ready(now)) return false;
  if (lane.starts && !lane.starts->allows(now)) return false;
  if (!storage_.allows(now) || !lane.breaker.allows(now) || waits_for_bundle(lane, now)) return false;
  const bool trying = !lane.opened || lane.outage || storage_.trouble();
  return lane.batches_under_way() < (trying ? 1 : lane.batches_max());
}

std::size_t Dispatcher::entries_allowed(const Lane& lane, MonotonicTime now) const {
  const bool trying = storage_.trouble() || lane.breaker.position(now) != CircuitBreaker::Position::closed;
  std::uint64_t allowed = trying ? 1 : lane.backend->batch_max();
  if (entries_max_) {
    const std::uint64_t committed = settled_ + running();
    allowed = std::min(allowed, *entries_max_ > committed ? *entries_max_ - committed : 0);
  }
  return allowed;
}

bool Dispatcher::may_run_alone(const Lane& lane, std::uint32_t crashes) const {
  return lane.batches_under_way() == 0 && (crashes < crashes_until_alone || running() == 0);
}

void Dispatcher::pump() {
  const MonotonicTime now = context_.clock.monotonic_now();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (!may_begin(*lanes_[i], now) || lanes_[i]->waiting.next_crashes(now) < crashes_until_alone) continue;
    // One that must run alone is next in its lane: nothing else begins until all is quiet and it has run.
    if (running() == 0) (void)begin(i, now);
    return;
  }
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    while (may_begin(*lanes_[i], now) && begin(i, now)) {
    }
  }
}

void Dispatcher::pick(Batch& batch, MonotonicTime now) {
  Lane& lane = *batch.lane;
  const std::size_t allowed = entries_allowed(lane, now);
  lane.waiting.age(context_.clock.wall_now(), ageing_);
  std::optional<LaneQueue::Next> passed;
  if (lane.outage) passed = pass_over_last_probe(lane, now);
  while (batch.names.size() < allowed && lane.waiting.ready(now)) {
    if (lane.starts && !lane.starts->allows(now)) break;
    const std::uint32_t crashes = lane.waiting.next_crashes(now);
    if (crashes > 0 && (!batch.names.empty() || !may_run_alone(lane, crashes))) break;
    if (waits_for_bundle(lane, now)) break;
    batch.bundle = lane.waiting.next_is_bundle(now);
    if (batch.bundle && !batch.names.empty()) {  // it is a batch of its own
      batch.bundle = false;
      break;
    }
    if (batch.bundle) batch.turn = lane.waiting.next_priority(now);
    LaneQueue::Next next = lane.waiting.take(now);
    lane.waiting.begin(next, now);
    batch.names.push_back(std::move(next.entry.file_name));
    if (lane.starts) lane.starts->begin(now);
    if (crashes == 0 && batch.bundle) break;
    if (crashes == 0) continue;
    batch.solitary = true;
    lane.solitary = true;
    alone_ = crashes >= crashes_until_alone;
    break;
  }
  if (passed) lane.waiting.put_back(std::move(*passed));
}

// The entry that found the backend unavailable does not try it again at once: should it alone be what the
// backend cannot take, the others must get their turn.
std::optional<LaneQueue::Next> Dispatcher::pass_over_last_probe(Lane& lane, MonotonicTime now) {
  LaneQueue::Next next = lane.waiting.take(now);
  const auto name = parse_entry_name(next.entry.file_name);
  if (name && name->owns(lane.refused) && lane.waiting.ready(now)) return next;
  lane.waiting.put_back(std::move(next));
  return std::nullopt;
}

bool Dispatcher::begin(std::size_t lane_index, MonotonicTime now) {
  Batch batch{
      .lane = lanes_[lane_index], .lane_index = lane_index, .names = {}, .router = router_, .began = now};
  pick(batch, now);
  if (batch.names.empty()) return false;
  Lane& lane = *batch.lane;
  storage_.begin_try(now);
  if (lane.breaker.position(now) == CircuitBreaker::Position::half_open) lane.breaker.begin_probe();
  ++lane.batches;
  batch.entries = batch.names.size();
  if (batch.turn) lane.bundle_turns.insert(*batch.turn);
  lane.running += batch.entries;
  running_ += batch.entries;
  spawn(context_.loop, run(std::move(batch)));
  return true;
}

void Dispatcher::lane_failed(Lane& lane, const Unavailable& unavailable) {
  const MonotonicTime now = context_.clock.monotonic_now();
  const WallTime wall_now = context_.clock.wall_now();
  std::optional<std::chrono::nanoseconds> wait;
  if (unavailable.until) wait = *unavailable.until - wall_now;
  lane.breaker.failed(now, wait);
  lane.opened = false;
  const bool news = !lane.outage || lane.outage->reason != unavailable.reason;
  if (!lane.outage) lane.outage = Lane::Outage{.reason = {}, .since = wall_now, .began = now};
  lane.outage->reason = unavailable.reason;
  if (news) {
    context_.events.publish(
        event::LaneUnavailable{lane.name, unavailable.reason, lane.breaker.open_until() - now});
  }
}

void Dispatcher::lane_succeeded(Lane& lane) {
  // A late success of what began before the outage does not end it: the probe will.
  if (lane.breaker.position(context_.clock.monotonic_now()) == CircuitBreaker::Position::open) return;
  lane.breaker.succeeded();
  if (!lane.outage) return;
  const auto outage = context_.clock.monotonic_now() - lane.outage->began;
  lane.outage.reset();
  context_.events.publish(event::LaneAvailable{lane.name, outage});
}

void Dispatcher::finish(Batch& batch) {
  Lane& lane = *batch.lane;
  end_turn(batch);
  --lane.batches;
  lane.running -= batch.entries;
  running_ -= batch.entries;
  active_.erase(&batch);
  for (const auto& other : lanes_) other->forget_predecessor();
  if (batch.solitary) {
    lane.solitary = false;
    alone_ = false;
  }
  pump();
  hooks_.changed();
}

asio::awaitable<bool> Dispatcher::route_some() {
  if (unrouted_.empty()) co_return false;
  std::vector<WaitingSet::Next> taken;
  std::size_t bundles = 0;
  while (!unrouted_.empty() && taken.size() < route_slice && bundles < route_bundles) {
    taken.push_back(unrouted_.take());
    if (is_bundle_file_name(taken.back().file_name)) ++bundles;
  }
  std::vector<bool> takers;  // of bundles, by lane
  for (const auto& lane : lanes_) takers.push_back(lane->backend->bundle_max() > 0);
  auto look = [this, &taken, takers = std::move(takers), router = router_] {
    std::vector<const Router::Route*> routes;
    routes.reserve(taken.size());
    for (const WaitingSet::Next& next : taken) {
      if (is_bundle_file_name(next.file_name)) {
        routes.push_back(find_route_of_bundle(context_.store, *router, takers, next.file_name));
        continue;
      }
      const auto entry = context_.store.peek(next.file_name);
      routes.push_back(entry ? router->find(entry->operation) : nullptr);
    }
    return routes;
  };
  const std::shared_ptr<const Router> asked = router_;
  const std::vector<const Router::Route*> routes = co_await run_on(context_.store_thread, std::move(look));
  if (router_ != asked) {  // the lanes are others since
    for (WaitingSet::Next& next : taken) waiting_of_new().put_back(std::move(next));
    co_return true;
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    // What cannot be read or has no route goes to any lane: the claim there judges it.
    if (routes[i] == nullptr) {
      lanes_.front()->waiting.unrated().put_back(std::move(taken[i]));
    } else {
      lanes_[routes[i]->lane]->waiting.put(std::move(taken[i]), routes[i]->options.operation);
    }
  }
  co_return true;
}

asio::awaitable<void> Dispatcher::maintain(std::uint64_t oldest_live) {
  const std::vector<std::shared_ptr<Lane>> lanes = lanes_;  // a reload may change them meanwhile
  for (const auto& lane : lanes) {
    if (lane->opened && claiming_) co_await lane->backend->maintain(context_.clock.wall_now(), oldest_live);
  }
}

void Dispatcher::reconfigure(std::vector<std::shared_ptr<Lane>> lanes, std::shared_ptr<const Router> router) {
  const std::vector<std::shared_ptr<Lane>> before = std::exchange(lanes_, std::move(lanes));
  router_ = std::move(router);
  WaitingSet waiting = std::exchange(unrouted_, WaitingSet{});
  for (const auto& lane : before) {
    waiting.merge(lane->waiting.take_all());
  }
  set_route_rates();
  add_all(std::move(waiting));
}

std::chrono::nanoseconds Dispatcher::wait_max() const {
  std::chrono::nanoseconds longest = router_->wait_max();
  for (const auto& lane : lanes_) longest = std::max(longest, lane->backend->wait_max());
  return longest;
}

void Dispatcher::interrupt() {
  // Among these are lanes that a reload has put away.
  for (const Batch* batch : active_) batch->lane->backend->stop();
  for (const auto& lane : lanes_) lane->backend->stop();
}

bool Dispatcher::cancel(std::uint64_t seq, const std::string& by) {
  bool found = false;
  for (const Batch* batch : active_) {
    if (batch->performing == nullptr) continue;
    for (const Claim& claim : *batch->performing) {
      if (claim.name.seq != seq) continue;
      found = true;
      cancelled_.emplace(seq, by);
      batch->lane->backend->interrupt(seq);
    }
  }
  return found;
}

std::vector<Dispatcher::Running> Dispatcher::running_entries(std::size_t entries_max) const {
  std::vector<Running> entries;
  for (const Batch* batch : active_) {
    if (batch->performing == nullptr) continue;
    for (const Claim& claim : *batch->performing) {
      if (entries.size() == entries_max) return entries;
      entries.push_back(
          {claim.name.seq, claim.entry.operation, batch->lane->name, claim.name.attempts, batch->began});
    }
  }
  return entries;
}

std::optional<Dispatcher::Waiting> Dispatcher::find_waiting(std::uint64_t seq) const {
  if (const auto priority = unrouted_.priority_of(seq)) {
    LaneQueue::Place place;
    place.ahead = unrouted_.ahead_of(*priority, seq);
    return Waiting{nullptr, std::move(place)};
  }
  const MonotonicTime now = context_.clock.monotonic_now();
  for (const auto& lane : lanes_) {
    if (auto place = lane->waiting.place_of(seq, now)) return Waiting{lane, std::move(*place)};
  }
  return std::nullopt;
}

std::optional<std::string> Dispatcher::blocked_by() const {
  if (storage_.trouble()) return storage_.trouble()->reason;
  std::optional<std::string> reason;
  for (const auto& lane : lanes_) {
    if (lane->waiting.empty()) continue;
    if (!lane->outage && !is_paused(*lane)) return std::nullopt;
    reason = is_paused(*lane) ? lane->name + " is paused"
                              : lane->name + " is unavailable: " + lane->outage->reason;
  }
  return unrouted_.empty() ? reason : std::nullopt;
}

std::optional<MonotonicTime> Dispatcher::next_look(MonotonicTime since) const {
  std::optional<MonotonicTime> next;
  // What time alone held back at `since`; the rest takes an event.
  const auto consider = [&](MonotonicTime time) {
    if (time > since) next = next ? std::min(*next, time) : time;
  };
  if (storage_.trouble()) consider(storage_.next_look());
  for (const auto& lane : lanes_) {
    if (!claiming_ || lane->waiting.empty() || is_paused(*lane)) continue;
    if (lane->outage) consider(lane->breaker.open_until());
    if (lane->starts) consider(lane->starts->next_allowed(since));
    if (const auto allowed = lane->waiting.next_allowed(since)) consider(*allowed);
  }
  return next;
}

void Dispatcher::collect_known(std::vector<std::uint64_t>& seqs, std::vector<std::string>& foreign) const {
  unrouted_.collect(seqs, foreign);
  for (const auto& lane : lanes_) lane->waiting.collect(seqs, foreign);
}

}  // namespace spoold
