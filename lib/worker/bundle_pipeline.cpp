// The dispatcher's pipeline for bundles: what happens to one from its claim to its settlement. Its lines run
// in slices, each a transaction, so that work of a better priority gets its turn in between; what would come
// after its lines if they were single entries comes after the bundle. While one slice is performed the next
// is read.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/ensure.hpp"
#include "base/run_on.hpp"
#include "worker/dispatcher.hpp"
#include "worker/reporting.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

constexpr std::size_t lines_only_read = 1000;            // in one go
constexpr std::chrono::milliseconds slice_shortest{50};  // then the next is larger
constexpr std::chrono::milliseconds slice_longest{200};  // then it is smaller

}  // namespace

// One bundle on its way, on the loop's thread; only the reader is used on the store's.
class Dispatcher::BundleRun {
 public:
  BundleRun(const WorkerContext& context, Bundle bundle, const Batch& batch)
      : context_(context),
        lines_max_(batch.lane->backend->bundle_max()),
        slice_lines_(std::min(batch.lane->backend->batch_max(), lines_max_)),
        ready_(context.loop, asio::steady_timer::time_point::max()) {
    settlement.bundle = std::move(bundle);
    settlement.lane = batch.lane->name;
    const bool takes_lines = lines_max_ > 0 && !batch.lane->rate;
    if (!takes_lines) lines_max_ = slice_lines_ = lines_only_read;
    // One at a time tries a backend that is out of order; so do all where one of them may be to blame for it.
    if (batch.lane->outage) slice_lines_ = 1;
    if (batch.lane->suspects(settlement.bundle.name)) lines_max_ = slice_lines_ = 1;
    reader_.emplace(settlement.bundle, *batch.router,
                    BundleReader::Lane{batch.lane_index, batch.lane->name, takes_lines},
                    context.store.bundles().entry_bytes_max());
  }

  BundleSettlement settlement;

  // Begins to read the next slice, unless one waits to be taken or the last one was read.
  void read_ahead() {
    if (reading_ || read_all_ || slice_) return;
    reading_ = true;
    ready_.expires_at(asio::steady_timer::time_point::max());
    spawn(context_.loop, read());
  }

  // The slice that was begun; nothing after the last.
  asio::awaitable<std::optional<BundleSlice>> next() {
    read_ahead();
    while (reading_) co_await ready_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return std::exchange(slice_, std::nullopt);
  }

  void note_duration(std::chrono::nanoseconds took) {
    if (took > slice_longest) slice_lines_ = std::max<std::size_t>(slice_lines_ / 2, 1);
    if (took < slice_shortest) slice_lines_ = std::min(slice_lines_ * 2, lines_max_);
  }

  void leave(SplitOut split) { settlement.splits.push_back(std::move(split)); }

  void take(BundleSlice& slice) {
    for (SplitOut& split : slice.splits) leave(std::move(split));
    for (Event& event : slice.events) settlement.events.push_back(std::move(event));
  }

  void give_back(const std::string& reason, std::size_t lines) {
    if (!settlement.release) settlement.release_reason = reason;
    settlement.release = true;
    settlement.left += lines;
  }

 private:
  asio::awaitable<void> read() {
    auto work = [this, now = context_.clock.wall_now(), lines = slice_lines_] {
      return reader_->next(lines, now);
    };
    slice_ = co_await run_on(context_.store_thread, std::move(work));
    read_all_ = slice_->last;
    reading_ = false;
    ready_.cancel();
  }

  const WorkerContext& context_;
  std::size_t lines_max_;
  std::size_t slice_lines_;
  std::optional<BundleReader> reader_;
  std::optional<BundleSlice> slice_;
  bool reading_ = false;
  bool read_all_ = false;
  asio::steady_timer ready_;
};

std::uint64_t Dispatcher::waiting_entries() const {
  std::uint64_t total = unrouted_.entries();
  for (const auto& lane : lanes_) total += lane->waiting.entries();
  return total;
}

// Entries take effect in their order also where some of them are a bundle's lines; only what is better
// passes.
bool Dispatcher::waits_for_bundle(const Lane& lane, MonotonicTime now) {
  return !lane.bundle_turns.empty() && lane.waiting.next_priority(now) >= *lane.bundle_turns.begin();
}

asio::awaitable<void> Dispatcher::run_bundle(Batch& batch) {
  Lane& lane = *batch.lane;
  auto work = [this, &batch, now = context_.clock.wall_now()] {
    return claim_bundle(context_.store, batch.names.front(), now);
  };
  ClaimedBundle claimed = co_await run_on(context_.store_thread, std::move(work));
  for (const Event& event : claimed.events) context_.events.publish(event);
  if (claimed.unsettled) hooks_.look_later(std::move(*claimed.unsettled));
  if (claimed.not_claimed) hooks_.look_again(batch.names.front());
  note_storage(claimed.trouble);
  if (claimed.stranded) {
    BundleSettlement stranded;
    stranded.bundle = std::move(*claimed.stranded);
    stranded.lane = lane.name;
    stranded.release = true;
    stranded.release_reason = "its claim could not be made durable";
    stranded.left = stranded.bundle.name.lines;
    storage_.hold(std::move(stranded));
  }
  if (!claimed.bundle) {
    lane.breaker.abandon_probe();
    co_return;
  }
  const std::size_t more = claimed.bundle->name.lines - 1;  // than the one it was taken for
  batch.entries += more;
  lane.running += more;
  running_ += more;
  BundleRun run{context_, std::move(*claimed.bundle), batch};
  co_await perform_lines(batch, run);
  std::sort(run.settlement.splits.begin(), run.settlement.splits.end(),
            [](const SplitOut& a, const SplitOut& b) { return a.line < b.line; });
  const std::optional<Error> trouble = co_await settle_bundle(std::move(run.settlement), batch.began);
  note_storage(trouble);
}

asio::awaitable<void> Dispatcher::perform_lines(Batch& batch, BundleRun& run) {
  Lane& lane = *batch.lane;
  bool tried = false;
  while (auto slice = co_await run.next()) {
    run.take(*slice);
    if (slice->claims.empty()) continue;
    if (!claiming_ || is_paused(lane)) {
      run.give_back(claiming_ ? "the lane is paused" : "the worker stops", slice->claims.size());
      break;
    }
    run.read_ahead();
    if (slice->last) {
      end_turn(batch);
      pump();
    }
    const MonotonicTime began = context_.clock.monotonic_now();
    std::vector<Outcome> outcomes = co_await perform_slice(batch, *slice);
    run.note_duration(context_.clock.monotonic_now() - began);
    judge(lane, slice->claims, outcomes);
    tried = true;
    decide_lines(lane, run, std::move(*slice), std::move(outcomes));
    if (run.settlement.release) break;
  }
  if (!tried) lane.breaker.abandon_probe();
  if (run.settlement.release) co_await pass_over_rest(run);
}

// What the lane begins from now on comes behind the bundle's last slice.
void Dispatcher::end_turn(Batch& batch) {
  if (!batch.turn) return;
  std::multiset<int>& turns = batch.lane->bundle_turns;
  turns.erase(turns.find(*batch.turn));
  batch.turn.reset();
}

asio::awaitable<std::vector<Outcome>> Dispatcher::perform_slice(Batch& batch, const BundleSlice& slice) {
  std::vector<Attempt> attempts;
  attempts.reserve(slice.claims.size());
  for (std::size_t i = 0; i < slice.claims.size(); ++i) {
    const Claim& claim = slice.claims[i];
    const RouteOptions& route = slice.routes[i]->options;
    attempts.push_back({&claim.entry, &claim.name, route.timeout, route.template_file, &slice.digests[i]});
  }
  batch.performing = &slice.claims;
  std::vector<Outcome> outcomes = co_await batch.lane->backend->perform(std::move(attempts));
  batch.performing = nullptr;
  ensure(outcomes.size() == slice.claims.size(), "a backend tells one outcome for each attempt");
  co_return outcomes;
}

void Dispatcher::decide_lines(Lane& lane, BundleRun& run, BundleSlice slice, std::vector<Outcome> outcomes) {
  const WallTime now = context_.clock.wall_now();
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  BundleSettlement& settlement = run.settlement;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    Claim& claim = slice.claims[i];
    const auto by = cancelled_.extract(claim.name.seq);
    if (std::holds_alternative<Done>(outcomes[i])) {
      if (settlement.done++ == 0) settlement.first_done = reference(claim, lane.name);
      continue;
    }
    Decision decision =
        by ? decide_cancelled(claim, std::move(outcomes[i]), by.mapped(), now)
           : decide(claim, std::move(outcomes[i]), slice.routes[i]->options.retry, now, unit(random_));
    if (const auto* release = std::get_if<Release>(&decision)) {
      run.give_back(release->reason, 1);
      continue;
    }
    const Settlement leaving{std::move(claim), std::move(decision), lane.name};
    run.leave(make_split(settlement.bundle, leaving));
    if (auto event = report(leaving)) settlement.events.push_back(std::move(*event));
  }
}

// It is to be given back; but what is not for this lane need not wait for it.
asio::awaitable<void> Dispatcher::pass_over_rest(BundleRun& run) {
  while (auto slice = co_await run.next()) {
    run.take(*slice);
    if (!slice->claims.empty()) run.give_back({}, slice->claims.size());
  }
}

asio::awaitable<std::optional<Error>> Dispatcher::settle_bundle(BundleSettlement settlement,
                                                                MonotonicTime began) {
  std::optional<std::vector<EntryName>> deferred;
  while (!deferred) {
    auto work = [this, &settlement] { return carry_out_some(context_.store, settlement); };
    auto part = co_await run_on(context_.store_thread, std::move(work));
    if (!part) {
      storage_.hold(std::move(settlement));
      co_return part.error();
    }
    deferred = std::move(*part);
  }
  // Given back, its lines that took effect are still in it: they count when it is acknowledged.
  const std::uint64_t done = settlement.release ? 0 : settlement.done;
  settled_ += done + settlement.splits.size();
  if (done > 0) {
    const auto duration = context_.clock.monotonic_now() - began;
    context_.events.publish(event::Completed{settlement.lane, done, duration, settlement.first_done});
  }
  if (settlement.release) {
    context_.events.publish(event::Released{settlement.lane, settlement.left, settlement.release_reason});
  }
  for (const Event& event : settlement.events) context_.events.publish(event);
  for (const EntryName& name : *deferred) hooks_.put_off(name);
  co_return std::nullopt;
}

}  // namespace spoold
