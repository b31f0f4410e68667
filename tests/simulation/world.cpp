#include "simulation/world.hpp"

#include <cstdio>
#include <cstdlib>

#include "support/temp_queue.hpp"

namespace spoold::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t entries_max = 150;
const std::vector<int> errors{EIO, ENOSPC, EMFILE, EROFS, ENOMEM, EDQUOT};

// All a process needs to enqueue; gone with it.
struct ProducerProcess {
  Result<QueueLayout> layout;
  std::optional<Result<Sequence>> sequence;

  ProducerProcess(LyingDisk& disk, const Clock& clock)
      : layout(QueueLayout::open_for_producer(disk, disk.path())) {
    if (layout) sequence.emplace(Sequence::open(layout->queue(), clock, 0600));
  }
};

}  // namespace

World::World(std::uint64_t seed)
    : random_(seed),
      choose_([this](std::size_t options) { return choose(options); }),
      weather_{choose_, false},
      disk_(time_, seed % 2 == 0 ? NameOrder::journal : NameOrder::per_name),
      newest_(time_.wall_now()),
      telling_(std::getenv("SPOOLD_SIMULATION_TRACE") != nullptr) {
  disk_.believe_later_syncs();
}

void World::note(std::string what) {
  // The one thing that no seed decides.
  if (const std::size_t at = what.find(disk_.path()); at != std::string::npos) {
    what.replace(at, disk_.path().size(), "QUEUE");
  }
  figures_.course = figures_.course * 1099511628211U + std::hash<std::string>{}(what) + disk_.calls_ever();
  if (!telling_) return;
  const auto at = time_.monotonic_now().time_since_epoch();
  std::printf("%6lu %12.6f %s\n", static_cast<unsigned long>(figures_.steps),
              std::chrono::duration<double>(at).count(), what.c_str());
}

void World::hear(const Event& event) {
  note(describe(event));
  const auto* deferred = std::get_if<event::Deferred>(&event);
  if (deferred != nullptr && deferred->reason == busy) truth_.blame(std::stoull(deferred->entry.id));
}

std::vector<std::string> World::broken() const {
  std::vector<std::string> all = truth_.broken();
  all.insert(all.end(), order_.broken().begin(), order_.broken().end());
  return all;
}

void World::step() {
  ++figures_.steps;
  if (choose(12) == 0) befall();
  run_daemon();
  if (figures_.steps % 16 == 0) truth_.check(disk_);
}

void World::start_daemon() {
  if (time_.monotonic_now() < starts_again_) return let_time_pass();
  ++figures_.starts;
  const Process::Place place{disk_, time_, weather_, truth_, ledger_};
  try {
    auto started = Process::start(place, [this](const Event& event) { hear(event); });
    if (started) {
      process_ = std::move(*started);
      order_.forget();
      return note("the daemon starts");
    }
    note("the daemon does not start: " + started.error().message());
  } catch (const Crash&) {
    lose_daemon();
  }
  starts_again_ = time_.monotonic_now() + 1s;
}

void World::lose_daemon() {
  note("the daemon dies");
  ++figures_.deaths;
  process_.reset();
  truth_.end_all();
  disk_.revive();
  if (choose(2) == 0) disk_.heal();  // or it dies again before it has done anything, for long
  starts_again_ = time_.monotonic_now() + std::chrono::milliseconds{choose(5000)};
}

void World::run_daemon() {
  if (!process_) return start_daemon();
  try {
    if (!process_->step()) let_time_pass();
  } catch (const Crash&) {
    return lose_daemon();
  }
  order_.look(process_->lanes());
  if (!process_->ended()) return;
  note("the daemon ends");
  process_.reset();
  truth_.end_all();  // what it could not settle, it leaves to the next
  starts_again_ = time_.monotonic_now() + std::chrono::milliseconds{choose(5000)};
}

// Mostly short, now and then long; never long enough to be certain that nothing happens in between.
void World::let_time_pass() {
  const std::size_t magnitude = choose(24);
  time_.advance(std::chrono::nanoseconds{1000 * ((std::uint64_t{1} << magnitude) + choose(1000))});
  newest_ = std::max(newest_, time_.wall_now());
}

void World::befall() {
  time_.advance(std::chrono::nanoseconds{1 + choose(100'000)});
  const std::size_t drawn = choose(100);
  if (drawn < 30) return produce();
  if (drawn < 35) return drop_foreign();
  if (drawn < 42) return move_by_hand();
  if (drawn < 46) return cancel_or_pause();
  if (drawn < 52) return disk_.write_back(choose_);
  if (drawn < 58) return trouble_disk();
  if (drawn == 58) return cut_power();
  if (drawn == 59 && process_) return process_->worker().stop("a person");
  if (drawn == 60 && choose(4) == 0) step_clock();
}

void World::step_clock() {
  const std::chrono::seconds by{choose(100'000)};
  // Without the newest id in .seq only the clock keeps ids apart, and the other way round: both lost at once
  // is out of the promise.
  const bool back = choose(2) == 0 && !sequence_lost_;
  note(back ? "the clock steps back" : "the clock steps ahead");
  time_.step_wall(back ? -by : by);
}

std::string World::operation(Mark mark) {
  const bool base = choose(2) == 0;
  truth_[mark].in_ledger_lane = base;
  return base ? "base.write" : "web.call";
}

void World::produce() {
  if (truth_.size() >= entries_max) return;
  std::vector<Mark> marks;
  std::vector<Entry> entries;
  for (std::size_t i = choose(4) == 0 ? 3 : 1; i > 0; --i) {
    const Mark mark = ++figures_.entries;
    std::string more = ",\"priority\":" + std::to_string(1 + choose(10));
    if (choose(8) == 0) {
      more +=
          ",\"not_before\":\"" + format_rfc3339(time_.wall_now() + std::chrono::seconds{choose(600)}) + "\"";
    }
    entries.push_back(entry_of(document_of(mark, operation(mark), more)));
    marks.push_back(mark);
  }
  try {
    ProducerProcess process{disk_, time_};
    if (!process.layout || !*process.sequence) return;
    Producer producer{disk_, *process.layout, **process.sequence, time_, TempQueue::quick()};
    const auto bulk = producer.enqueue_all(std::move(entries));
    if (!bulk.enqueued.empty()) sequence_lost_ = false;
    const bool known = bulk.result || bulk.result.error().kind != ErrorKind::unknown;
    for (std::size_t i = 0; known && i < bulk.enqueued.size(); ++i) truth_[marks[i]].acknowledged = true;
    note("enqueued " + std::to_string(bulk.enqueued.size()));
  } catch (const Crash&) {
    disk_.revive();
    note("a producer dies");
  }
}

// mv into pending/, and a sync of its own.
void World::drop_foreign() {
  if (truth_.size() >= entries_max) return;
  const Mark mark = ++figures_.entries;
  const std::string name = (choose(2) == 0 ? "" : std::to_string(1 + choose(10)) + "_") + "foreign" +
                           std::to_string(mark) + ".json";
  disk_.put("pending", name, document_of(mark, operation(mark)), time_.wall_now() - 1min, true);
  truth_[mark].acknowledged = true;
  note("dropped " + name);
}

// A person's mv: cancels what waits, or lets what failed or waits run now.
void World::move_by_hand() {
  const bool cancels = choose(3) == 0;
  const std::string from = cancels          ? (choose(2) == 0 ? "pending" : "deferred")
                           : choose(2) == 0 ? "failed"
                                            : "deferred";
  const auto names = disk_.names(from);
  if (names.empty()) return;
  const std::string& name = names[choose(names.size())];
  // What the ledger may have forgotten by the time a person runs it again is out of the promise.
  if (from == "failed" && disk_.bytes(from, name).find("base.") != std::string::npos) return;
  if (disk_.move(from, name, cancels ? "cancelled" : "pending", name)) note("moved " + from + "/" + name);
}

void World::cancel_or_pause() {
  if (!process_) return;
  if (choose(2) == 0) {
    const auto running = process_->running();
    if (running.empty()) return;
    note("cancel what runs");
    return (void)process_->worker().cancel(running[choose(running.size())], "a person");
  }
  Pauses pauses;
  if (choose(3) == 0) pauses.lanes["web"] = Pause{};
  process_->worker().set_pauses(std::move(pauses));
}

void World::trouble_disk() {
  disk_.heal();
  const std::size_t drawn = choose(4);
  if (drawn == 0) disk_.fail_at_random(choose_, 1 + choose(100), errors);
  if (drawn == 1) disk_.die_at_random(choose_, 20 + choose(500));
  note("the disk: " + std::to_string(drawn));
}

void World::cut_power() {
  if (process_) lose_daemon();
  disk_.cut_power(choose_);
  if (time_.wall_now() >= newest_) {  // see step_clock()
    disk_.set_back_sequence(choose_);
    sequence_lost_ = true;
  }
  ++figures_.power_cuts;
  note("the power is cut");
  truth_.check(disk_);
}

void World::come_to_rest() {
  note("all is well from now on");
  weather_.fair = true;
  disk_.heal();
  // A clock that is days behind makes a not_before wait as long, which is right and tells nothing.
  if (time_.wall_now() < newest_) time_.step_wall(newest_ - time_.wall_now());
  if (process_) process_->worker().set_pauses({});
  const MonotonicTime end = time_.monotonic_now() + 36h;
  while (time_.monotonic_now() < end && !Truth::not_ended(disk_).empty()) {
    ++figures_.steps;
    run_daemon();
  }
  truth_.check_end(disk_);
}

World::Figures World::figures() const {
  Figures figures = figures_;
  figures.calls = disk_.calls_ever();
  figures.course = figures.course * 31 + truth_.size();
  return figures;
}

}  // namespace spoold::test
