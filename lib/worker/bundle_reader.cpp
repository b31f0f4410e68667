#include "worker/bundle_reader.hpp"

#include "base/ensure.hpp"
#include "base/size.hpp"
#include "entry/entry_format.hpp"
#include "worker/reporting.hpp"

namespace spoold {

namespace {

// Parsed, JSON takes several times the room of its text.
constexpr std::size_t slice_bytes = 1024UL * 1024;
// A bundle that has crashed the worker so often is taken apart, so that the line that is to blame is found.
constexpr std::uint32_t crashes_until_apart = 2;

std::uint32_t line_of(const Bundle& bundle, const EntryName& name) {
  return static_cast<std::uint32_t>(name.seq - bundle.name.seq);
}

// What a producer would have written into a file of its own.
SplitOut make_split(const Bundle& bundle, const Claim& claim, State to, Entry entry) {
  SplitOut split;
  split.line = line_of(bundle, claim.name);
  split.to = to;
  split.name = claim.name;
  split.name.priority = entry.priority.value_or(bundle.name.priority);
  Json& document = entry.document;
  document["priority"] = split.name.priority;
  if (!document.contains("created_at")) {
    const auto since = std::chrono::nanoseconds{static_cast<std::int64_t>(bundle.name.seq)};
    document["created_at"] = format_rfc3339(WallTime{since});
  }
  document["seq"] = format_id(claim.name.seq);
  split.bytes = format_entry(entry);
  return split;
}

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

SplitOut make_split(const Bundle& bundle, const Settlement& settlement) {
  const Claim& claim = settlement.claim;
  const auto recorded = [&](State to, const AttemptRecord& record) {
    Entry entry = claim.entry;
    record_attempt(entry, record);
    return make_split(bundle, claim, to, std::move(entry));
  };
  const auto impossible = [](const auto&) {
    ensure(false, "a line that is done or given back stays in its bundle");
    return SplitOut{};
  };
  return std::visit(
      Overloaded{[&](const Defer& defer) {
                   SplitOut split = recorded(State::deferred, defer.record);
                   split.name.due_ms = due_ms_of(defer.due);
                   return split;
                 },
                 [&](const DeadLetter& dead) { return recorded(State::failed, dead.record); },
                 [&](const Cancel& cancel) { return recorded(State::cancelled, cancel.record); },
                 [&](const Postpone& postpone) {
                   SplitOut split = make_split(bundle, claim, State::deferred, claim.entry);
                   split.name.attempts = 0;
                   split.name.due_ms = due_ms_of(postpone.due);
                   return split;
                 },
                 [&](const Ack& ack) { return impossible(ack); },
                 [&](const Release& release) { return impossible(release); }},
      settlement.decision);
}

BundleSlice BundleReader::next(std::size_t lines_max, WallTime now) {
  BundleSlice slice;
  slice.claims.reserve(lines_max);
  slice.routes.reserve(lines_max);
  slice.digests.reserve(lines_max);
  std::size_t bytes = 0;
  for (std::size_t count = 0; ahead_ && count < lines_max && bytes < slice_bytes; ++count) {
    bytes += ahead_->text.size();
    read(*ahead_, now, slice);
    ahead_ = lines_.next();
  }
  slice.last = !ahead_;
  return slice;
}

void BundleReader::read(const BundleLines::Line& line, WallTime now, BundleSlice& slice) {
  // What was adopted has its submitter written into it.
  const std::uint64_t bytes_max =
      bundle_.adopted ? with_room_for_history(entry_bytes_max_) : entry_bytes_max_;
  if (line.text.size() > bytes_max) {
    return condemn(line,
                   "the entry has " + std::to_string(line.text.size()) + " bytes, the limit is " +
                       std::to_string(entry_bytes_max_) + " (queue.max_entry_bytes)",
                   slice);
  }
  Result<Entry> entry = parse_entry(line.text);
  if (!entry) return condemn(line, entry.error().message(), slice);
  Claim claim;
  claim.name = line_name(bundle_.name, line.number);
  claim.name.crashes = 0;
  claim.entry = std::move(*entry);
  claim.bytes = line.text.size();
  if (auto decision = decide_before_run(claim, now)) {
    return settle(std::move(claim), std::move(*decision), slice);
  }
  const Router::Route* route = router_.find(claim.entry.operation);
  if (route == nullptr) {
    AttemptRecord record{.attempt = claim.name.attempts,
                         .finished_at = now,
                         .outcome = "reject",
                         .reason = router_.explain_missing(claim.entry.operation)};
    return settle(std::move(claim), DeadLetter{std::move(record)}, slice);
  }
  if (!takes(*route)) return hand_on(claim, slice);
  slice.digests.push_back(digest(claim.entry));  // here, not where the transaction waits for it
  slice.claims.push_back(std::move(claim));
  slice.routes.push_back(route);
}

// A route at its rate makes its entries wait, one by one.
bool BundleReader::takes(const Router::Route& route) const {
  return lane_.takes_lines && route.lane == lane_.index && !route.options.rate &&
         bundle_.name.crashes < crashes_until_apart;
}

void BundleReader::condemn(const BundleLines::Line& line, const std::string& why, BundleSlice& slice) const {
  SplitOut split;
  split.line = line.number;
  split.to = State::corrupt;
  split.name = line_name(bundle_.name, line.number);
  split.name.attempts = 0;
  split.name.crashes = 0;
  split.bytes = std::string(line.text) + "\n";
  split.reason =
      "line " + std::to_string(line.number) + " of bundle " + format_id(bundle_.name.seq) + ": " + why;
  slice.events.emplace_back(event::Condemned{format_entry_name(split.name), split.reason});
  slice.splits.push_back(std::move(split));
}

void BundleReader::settle(Claim claim, Decision decision, BundleSlice& slice) const {
  const Settlement settlement{std::move(claim), std::move(decision), lane_.name};
  slice.splits.push_back(make_split(bundle_, settlement));
  if (auto event = report(settlement)) slice.events.push_back(std::move(*event));
}

// To wait for itself in pending/: for its own lane or rate, or because the bundle is taken apart; then alone
// in its lane, as what was held by a worker that died.
void BundleReader::hand_on(const Claim& claim, BundleSlice& slice) const {
  SplitOut split = make_split(bundle_, claim, State::pending, claim.entry);
  split.name.attempts = 0;
  split.name.crashes = bundle_.name.crashes >= crashes_until_apart ? 1 : 0;
  slice.splits.push_back(std::move(split));
}

}  // namespace spoold
