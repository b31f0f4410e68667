#include "worker/bundle_settling.hpp"

#include <algorithm>
#include <span>

#include "entry/entry_format.hpp"
#include "worker/claiming.hpp"

namespace spoold {

namespace {

// Each that is for corrupt/ is synced by itself, which may take long on a slow disk.
constexpr std::size_t leaving_at_once = 500;

}  // namespace

ClaimedBundle claim_bundle(DirectoryStore& store, const std::string& file_name, WallTime now) {
  ClaimedBundle claimed;
  auto result = store.bundles().claim(file_name);
  if (!result) {
    claimed.trouble = result.error();
    if (result.error().kind == ErrorKind::io) {
      claimed.unsettled = Unsettled{file_name, now + unreadable_pause, false};
    } else {
      claimed.not_claimed = true;
    }
    return claimed;
  }
  if (auto* unsettled = std::get_if<Unsettled>(&*result)) {
    claimed.unsettled = std::move(*unsettled);
  } else if (auto* condemned = std::get_if<Condemned>(&*result)) {
    claimed.events.emplace_back(
        event::Condemned{printable(condemned->file_name), std::move(condemned->reason)});
  }
  auto* bundle = std::get_if<Bundle>(&*result);
  if (bundle == nullptr) return claimed;
  if (bundle->adopted) {
    // Its name tells the ids of its lines, so it must be durable before any effect.
    if (const auto synced = store.sync_claims(); !synced) {
      claimed.trouble = synced.error();
      if (const auto released = store.bundles().release(*bundle); !released) {
        claimed.trouble = released.error();
        claimed.stranded = std::move(*bundle);
      }
      return claimed;
    }
  }
  claimed.bundle = std::move(*bundle);
  return claimed;
}

const Router::Route* find_route_of_bundle(DirectoryStore& store, const Router& router,
                                          const std::vector<bool>& takers, const std::string& file_name) {
  const Router::Route* first = nullptr;
  const auto text = store.bundles().peek(file_name);
  if (!text) return nullptr;
  BundleLines lines(*text);
  while (const auto line = lines.next()) {
    const auto entry = parse_entry(line->text);
    const Router::Route* route = entry ? router.find(entry->operation) : nullptr;
    if (route == nullptr) continue;
    if (takers[route->lane]) return route;
    if (first == nullptr) first = route;
  }
  return first;
}

BundleSettlement give_back_unsplit(BundleSettlement settlement) {
  const bool any_left = std::any_of(settlement.splits.begin(), settlement.splits.end(),
                                    [](const SplitOut& split) { return !split.placed_as.empty(); });
  if (any_left) return settlement;
  settlement.splits.clear();
  settlement.events.clear();
  settlement.release = true;
  settlement.release_reason = "its outcome could not be recorded before the stop";
  settlement.left = settlement.bundle.name.lines;
  settlement.done = 0;
  return settlement;
}

Result<std::optional<std::vector<EntryName>>> carry_out_some(DirectoryStore& store,
                                                             BundleSettlement& settlement) {
  using Deferred = std::optional<std::vector<EntryName>>;
  BundleStore& bundles = store.bundles();
  // What is gone may also be a file in .tmp/; then the lines have to leave once more.
  const auto unless_taken_away = [&](const Error& error) -> Result<Deferred> {
    if (error.kind == ErrorKind::not_found && bundles.is_taken_away(settlement.bundle)) {
      return Deferred{std::vector<EntryName>{}};
    }
    return error;
  };
  auto aside = bundles.set_aside_if_written_to(settlement.bundle);
  if (!aside) return unless_taken_away(aside.error());
  if (*aside) {
    settlement.events.emplace_back(
        event::Condemned{printable((*aside)->file_name), std::move((*aside)->reason)});
  }
  const std::size_t count = std::min(settlement.splits.size() - settlement.left_it, leaving_at_once);
  const auto group = std::span{settlement.splits}.subspan(settlement.left_it, count);
  if (auto split = bundles.split_out(settlement.bundle, group); !split) {
    return unless_taken_away(split.error());
  }
  settlement.left_it += count;
  if (settlement.left_it < settlement.splits.size()) return Deferred{};
  // What all lines have left has nothing to come back for.
  const bool release = settlement.release && measure_bundle(settlement.bundle.text).entries > 0;
  if (release) {
    if (auto released = bundles.release(settlement.bundle); !released) {
      return unless_taken_away(released.error());
    }
  } else if (auto acked = bundles.ack(settlement.bundle); !acked) {
    return unless_taken_away(acked.error());
  }
  std::vector<EntryName> deferred;
  for (const SplitOut& split : settlement.splits) {
    if (split.to != State::deferred) continue;
    if (auto name = parse_entry_name(split.placed_as)) deferred.push_back(std::move(*name));
  }
  return Deferred{std::move(deferred)};
}

}  // namespace spoold
