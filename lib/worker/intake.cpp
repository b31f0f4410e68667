#include "worker/intake.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/run_on.hpp"
#include "worker/claiming.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

// Entries moved from deferred/ in one go: about ten milliseconds of the store's thread.
constexpr std::size_t due_slice = 500;
constexpr std::size_t foreign_slice = 500;
// A clock that is only slowed down loses less than this from one look to the next.
constexpr std::chrono::nanoseconds least_step = std::chrono::seconds{1};
constexpr std::chrono::nanoseconds coarsest_tick = std::chrono::seconds{2};

std::chrono::nanoseconds offset_of(const Clock& clock) {
  return clock.wall_now().time_since_epoch() - clock.monotonic_now().time_since_epoch();
}

// A directory that changes again in the same tick of its file system's clock keeps its time: one so young
// does not tell whether it did.
WallTime if_settled(WallTime modified, WallTime now) {
  return modified < now - coarsest_tick ? modified : WallTime{};
}

WallTime after(WallTime now, std::chrono::nanoseconds wait) {
  return wait > WallTime::max() - now ? WallTime::max() : now + wait;
}

}  // namespace

// What is known to wait already, for a scan to leave out.
struct Intake::Known {
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> texts;
};

struct Intake::Scan {
  bool unchanged = false;
  std::vector<EntryName> deferred;
  std::uint64_t brought_forward = 0;
  WaitingSet news;                 // names of ours
  std::vector<std::string> texts;  // foreign names, and such with a due time
};

Intake::Intake(const WorkerContext& context, std::chrono::nanoseconds rescan_interval, Hooks hooks)
    : context_(context),
      rescan_interval_(rescan_interval),
      clock_offset_(offset_of(context.clock)),
      hooks_(std::move(hooks)) {}

void Intake::add_pending(std::string file_name) {
  if (!is_entry_file_name(file_name)) return;
  const auto name = parse_entry_name(file_name);
  if (!name) {
    foreign_.push_back(std::move(file_name));
  } else if (name->due_ms) {
    // A person moved it here from deferred/ as it was: it is to run now.
    const WallTime as_enqueued{std::chrono::nanoseconds{static_cast<std::int64_t>(name->seq)}};
    hooks_.runnable_foreign(std::move(file_name), name->priority, as_enqueued);
  } else {
    hooks_.runnable(*name);
  }
}

void Intake::add_deferred(EntryName name) {
  if (scanning_) came_while_scanning_.push_back(name);
  deferred_.add(std::move(name));
}

void Intake::look_later(Unsettled name) {
  std::string key = name.file_name;
  unsettled_.insert_or_assign(std::move(key), std::move(name));
}

std::size_t Intake::unsettled() const {
  return static_cast<std::size_t>(std::count_if(unsettled_.begin(), unsettled_.end(),
                                                [](const auto& held) { return !held.second.stuck; }));
}

void Intake::add(Changes changes) {
  for (std::string& name : changes.pending) {
    // A half-written one under a name of ours shows itself here by our own putting it back: it waits for its
    // time.
    if (unsettled_.count(name) != 0 && parse_entry_name(name)) continue;
    unsettled_.erase(name);
    add_pending(std::move(name));
  }
  for (const std::string& text : changes.deferred) {
    if (auto name = parse_entry_name(text); name && name->due_ms) {
      add_deferred(std::move(*name));
    } else {
      rescan_asked_ = true;  // the scan puts right what does not belong there
    }
  }
  if (changes.rescan) rescan_asked_ = true;
  if (changes.lost) lost_ = true;
}

bool Intake::has_work() const {
  return rescan_asked_ || !foreign_.empty();
}

std::optional<WallTime> Intake::next_due() const {
  std::optional<WallTime> next = deferred_.next_due();
  for (const auto& [name, held] : unsettled_) {
    next = next ? std::min(*next, held.look_again_at) : held.look_again_at;
  }
  return next;
}

// Due times are times of day. Where that steps back (ahead, they only come sooner), what waits for a while
// would wait for all of the step as well.
void Intake::watch_clock() {
  const std::chrono::nanoseconds offset = offset_of(context_.clock);
  const bool stepped_back = offset < clock_offset_ - least_step;
  clock_offset_ = offset;
  if (!stepped_back) return;
  rescan_asked_ = true;
  const WallTime soon = after(context_.clock.wall_now(), unreadable_pause);
  for (auto& [name, held] : unsettled_) held.look_again_at = std::min(held.look_again_at, soon);
}

asio::awaitable<Result<void>> Intake::work() {
  watch_clock();
  if (rescan_asked_ || context_.clock.monotonic_now() >= next_rescan_) {
    if (auto scanned = co_await rescan(); !scanned) co_return scanned.error();
  }
  take_unsettled(context_.clock.wall_now());
  if (auto looked = co_await look_at_foreign(); !looked) co_return looked.error();
  co_return co_await move_due();
}

Result<Intake::Scan> Intake::scan(Known known, bool even_if_unchanged, WallTime retries_by) {
  SPOOLD_TRY(context_.layout.check_still_there(context_.files));
  auto pending = context_.files.status(context_.layout.directory(State::pending));
  if (!pending) return pending.error();
  auto deferred = context_.files.status(context_.layout.directory(State::deferred));
  if (!deferred) return deferred.error();
  Scan found;
  if (!even_if_unchanged && pending->modified == pending_modified_ &&
      deferred->modified == deferred_modified_) {
    found.unchanged = true;
    return found;
  }
  const WallTime now = context_.clock.wall_now();
  pending_modified_ = if_settled(pending->modified, now);
  deferred_modified_ = if_settled(deferred->modified, now);
  std::sort(known.seqs.begin(), known.seqs.end());
  const std::unordered_set<std::string_view> texts{known.texts.begin(), known.texts.end()};
  std::uint64_t newest = 0;
  SPOOLD_TRY(context_.store.scan_deferred([&](const EntryName& name) {
    newest = std::max(newest, name.seq);
    found.deferred.push_back(name);
  }));
  SPOOLD_TRY(bring_forward(found, retries_by));
  SPOOLD_TRY(context_.store.scan_pending([&](std::string_view text) {
    const auto name = parse_entry_name(text);
    if (name && !name->due_ms) {
      newest = std::max(newest, name->last_seq());
      if (!std::binary_search(known.seqs.begin(), known.seqs.end(), name->seq)) found.news.add(*name);
    } else if (texts.count(text) == 0) {
      found.texts.emplace_back(text);
    }
  }));
  context_.store.note_seq(newest);
  return found;
}

// Entries that were never attempted wait for the time their producer stated, however far ahead.
Result<void> Intake::bring_forward(Scan& found, WallTime retries_by) {
  for (EntryName& name : found.deferred) {
    if (name.attempts == 0 || due_time(*name.due_ms) <= after(retries_by, least_step)) continue;
    auto moved = context_.store.bring_forward(name, retries_by);
    if (!moved) return moved.error();
    if (!*moved) continue;  // cancelled meanwhile; its old name is found gone when it falls due
    name = std::move(**moved);
    ++found.brought_forward;
  }
  return {};
}

asio::awaitable<Result<void>> Intake::rescan() {
  const bool asked = std::exchange(rescan_asked_, false);
  const bool lost = std::exchange(lost_, false);
  next_rescan_ = context_.clock.monotonic_now() + rescan_interval_;
  Known known;
  hooks_.known(known.seqs, known.texts);
  for (const auto& [text, held] : unsettled_) {
    if (const auto name = parse_entry_name(text)) known.seqs.push_back(name->seq);
    known.texts.push_back(text);
  }
  const WallTime retries_by = after(context_.clock.wall_now(), wait_max_);
  auto work = [this, asked, retries_by, known = std::move(known)]() mutable {
    return scan(std::move(known), asked, retries_by);
  };
  scanning_ = true;
  Result<Scan> scanned = co_await run_on(context_.store_thread, std::move(work));
  scanning_ = false;
  const std::vector<EntryName> came = std::exchange(came_while_scanning_, {});
  if (!scanned) {
    rescan_asked_ = true;
    co_return scanned.error();
  }
  if (scanned->unchanged) co_return Result<void>{};
  const std::uint64_t found = scanned->news.size() + scanned->texts.size();
  hooks_.runnable_all(std::move(scanned->news));
  for (std::string& text : scanned->texts) add_pending(std::move(text));
  deferred_.clear();
  for (EntryName& name : scanned->deferred) deferred_.add(std::move(name));
  for (const EntryName& name : came) deferred_.add(name);
  if (scanned->brought_forward > 0) {
    context_.events.publish(event::BroughtForward{scanned->brought_forward, retries_by});
  }
  if (found > 0 && lost) {
    context_.events.publish(event::Rescanned{found, "the watch lost events"});
  } else if (found > 0 && !asked) {
    context_.events.publish(event::Rescanned{found, "the periodic scan"});
  }
  co_return Result<void>{};
}

void Intake::take_unsettled(WallTime now) {
  for (auto next = unsettled_.begin(); next != unsettled_.end();) {
    if (next->second.look_again_at > now) {
      ++next;
      continue;
    }
    add_pending(next->first);
    next = unsettled_.erase(next);
  }
}

asio::awaitable<Result<void>> Intake::look_at_foreign() {
  while (!foreign_.empty()) {
    std::vector<std::string> names;
    while (!foreign_.empty() && names.size() < foreign_slice) {
      names.push_back(std::move(foreign_.back()));
      foreign_.pop_back();
    }
    using Looks = std::vector<Result<DirectoryStore::ForeignResult>>;
    auto work = [this, &names] {
      Looks looks;
      looks.reserve(names.size());
      for (const std::string& name : names) looks.push_back(context_.store.look_at_foreign(name));
      return looks;
    };
    Looks looks = co_await run_on(context_.store_thread, std::move(work));
    std::optional<Error> trouble;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!looks[i]) {
        trouble = looks[i].error();
        if (trouble->kind == ErrorKind::io) {
          look_later({std::move(names[i]), context_.clock.wall_now() + unreadable_pause, false});
        } else {
          foreign_.push_back(std::move(names[i]));
        }
      } else if (const auto* entry = std::get_if<DirectoryStore::ForeignEntry>(&*looks[i])) {
        hooks_.runnable_foreign(std::move(names[i]), entry->priority, entry->modified);
      } else if (auto* unsettled = std::get_if<Unsettled>(&*looks[i])) {
        look_later(std::move(*unsettled));
      } else if (auto* condemned = std::get_if<Condemned>(&*looks[i])) {
        context_.events.publish(event::Condemned{printable(condemned->file_name), condemned->reason});
      }
    }
    if (trouble) co_return *trouble;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Intake::move_due() {
  for (;;) {
    std::vector<EntryName> due;
    while (due.size() < due_slice) {
      auto name = deferred_.take_due(context_.clock.wall_now());
      if (!name) break;
      due.push_back(std::move(*name));
    }
    if (due.empty()) co_return Result<void>{};
    using Moves = std::vector<Result<std::optional<std::string>>>;
    auto work = [this, &due] {
      Moves moves;
      moves.reserve(due.size());
      for (const EntryName& name : due) moves.push_back(context_.store.make_due(name));
      return moves;
    };
    Moves moves = co_await run_on(context_.store_thread, std::move(work));
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (!moves[i]) {
        rescan_asked_ = true;  // finds those that are still there
        co_return moves[i].error();
      }
    }
  }
}

}  // namespace spoold
