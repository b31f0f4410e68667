#include "daemon/housekeeping.hpp"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/run_on.hpp"
#include "daemon/text_file.hpp"
#include "metrics/queue_metrics.hpp"
#include "os/block_groups.hpp"
#include "store/direct_writes.hpp"
#include "store/staging_renewal.hpp"

namespace spoold {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto level_interval = 250ms;
constexpr auto trouble_pause = 10s;
constexpr const char* level_staging = "level.json.new";
constexpr std::uint64_t stats_bytes_max = 1024 * 1024;

// For a job whose value is only whether it went well.
template <class T>
Result<void> outcome_of(const Result<T>& result) {
  if (result) return {};
  return result.error();
}

Json read_stats(FileSystem& files, const QueueLayout& layout) {
  const auto content = files.read(layout.queue(), stats_name, stats_bytes_max);
  if (!content) return nullptr;
  auto stats = parse_json(content->bytes);
  return stats ? std::move(*stats) : Json();
}

}  // namespace

Housekeeping::Housekeeping(asio::any_io_executor loop, asio::any_io_executor store, FileSystem& files,
                           const QueueLayout& layout, std::optional<Directory> archive, const Clock& clock,
                           Log& log, const Config& config)
    : loop_(std::move(loop)),
      store_(std::move(store)),
      files_(files),
      layout_(layout),
      archive_(archive),
      clock_(clock),
      log_(log) {
  reconfigure(config);
}

Housekeeping::~Housekeeping() {
  stop_ = true;
  thread_.join();
}

void Housekeeping::reconfigure(const Config& config) {
  retention_ = config.retention;
  pressure_options_ = config.pressure;
  metrics_ = config.metrics;
  note_event();
}

void Housekeeping::start() {
  if (archive_) spawn(loop_, keep_clean());
}

void Housekeeping::note_waiting(std::uint64_t waiting) {
  pressure_ = measure_pressure(pressure_options_, waiting);
  if (keeping_level_ || pressure_ == written_) return;
  keeping_level_ = true;
  spawn(loop_, keep_level());
}

void Housekeeping::note_event() {
  metrics_dirty_ = true;
  if (keeping_metrics_ || metrics_.file.empty()) return;
  keeping_metrics_ = true;
  spawn(loop_, keep_metrics());
}

void Housekeeping::finish() {
  stop_ = true;
  thread_.join();
  tell(level_name, replace_file(files_, layout_, level_staging, level_name, level_text()));
  if (!metrics_.file.empty()) tell("the metrics", write_metrics(metrics_.file, pressure_options_, false));
}

asio::awaitable<void> Housekeeping::sleep(std::chrono::nanoseconds time) {
  asio::steady_timer timer(loop_, time);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

// A fault is told when it is another than the last one: not every few seconds anew.
void Housekeeping::tell(const std::string& what, const Result<void>& written) {
  const std::string trouble = written ? "" : "cannot write " + what + ": " + written.error().message();
  if (!trouble.empty() && trouble != last_trouble_) log_.write(Severity::warning, trouble);
  last_trouble_ = trouble;
}

std::string Housekeeping::level_text() const {
  const Json level{{"format", 1},
                   {"level", to_string(pressure_.level)},
                   {"waiting", pressure_.waiting},
                   {"produce", pressure_.produce},
                   {"updated_at", format_rfc3339(clock_.wall_now())},
                   {"pid", ::getpid()}};
  return level.dump() + "\n";
}

asio::awaitable<void> Housekeeping::keep_level() {
  while (pressure_ != written_) {
    const Pressure pressure = pressure_;
    auto work = [this, text = level_text()] {
      return replace_file(files_, layout_, level_staging, level_name, text);
    };
    const auto written = co_await run_on(thread_.get_executor(), std::move(work));
    tell(level_name, written);
    if (written) written_ = pressure;
    co_await sleep(written ? std::chrono::nanoseconds(level_interval) : trouble_pause);
  }
  keeping_level_ = false;
}

asio::awaitable<void> Housekeeping::keep_metrics() {
  while (metrics_dirty_ && !metrics_.file.empty()) {
    metrics_dirty_ = false;
    // Copies: a reload may change them meanwhile.
    auto work = [this, file = metrics_.file, pressure = pressure_options_] {
      return write_metrics(file, pressure, true);
    };
    const auto written = co_await run_on(thread_.get_executor(), std::move(work));
    tell("the metrics", written);
    co_await sleep(metrics_.interval);
  }
  keeping_metrics_ = false;
}

Result<void> Housekeeping::write_metrics(const std::string& file, const PressureOptions& pressure,
                                         bool running) const {
  const auto list = [this](State state, const std::function<bool(std::string_view)>& visit) {
    return files_.list(layout_.directory(state), visit);
  };
  auto snapshot = take_snapshot(layout_.path(), list, pressure);
  if (!snapshot) return snapshot.error();
  if (const auto space = files_.free_space(layout_.queue())) snapshot->free_bytes = space->bytes;
  snapshot->daemon_running = running;
  snapshot->stats = read_stats(files_, layout_);
  snapshot->direct_writes = read_direct_writes(files_, layout_.queue());
  return replace_file(file, format_metrics(*snapshot));
}

asio::awaitable<void> Housekeeping::keep_clean() {
  for (;;) {
    auto look = [this] { return Cleanup::due_at(files_, *archive_, clock_.wall_now()); };
    const WallTime due = co_await run_on(thread_.get_executor(), std::move(look));
    if (const auto wait = due - clock_.wall_now(); wait > 0ns) {
      co_await sleep(wait);
    } else {
      co_await clean_once();
      co_await sleep(1min);  // where it could not be written down that it was done
    }
  }
}

// Half of the time at most, so that the disk is left to the work.
asio::awaitable<void> Housekeeping::clean_once() {
  CleanupOptions options;
  options.retention = retention_;
  auto begin = [this, options] { return Cleanup::begin(files_, layout_, *archive_, clock_, options, stop_); };
  auto begun = co_await run_on(thread_.get_executor(), std::move(begin));
  if (!begun) {
    if (begun.error().kind != ErrorKind::busy) tell("archive/", outcome_of(begun));
    co_return;
  }
  const std::unique_ptr<Cleanup> cleanup = std::move(*begun);
  for (;;) {
    const MonotonicTime began = clock_.monotonic_now();
    auto work = [&cleanup] { return cleanup->step(); };
    const Result<bool> more = co_await run_on(thread_.get_executor(), std::move(work));
    if (!more) tell("archive/", outcome_of(more));
    if (!more || !*more) break;
    co_await sleep(clock_.monotonic_now() - began);
  }
  tell(cleanup->report());
  co_await renew_staging_after(cleanup->report().files_removed());
}

asio::awaitable<void> Housekeeping::renew_staging_after(std::uint64_t files_removed) {
  if (files_removed < renewal_worth || stop_) co_return;
  if (!removals_slow_creation(layout_.queue().handle)) co_return;
  auto work = [this] {
    return renew_staging(layout_, static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count()));
  };
  const Result<void> renewed = co_await run_on(store_, std::move(work));
  if (renewed) {
    log_.write(Severity::info, "renewed .tmp/, since files were removed on an ext4 without a journal");
  } else {
    log_.write(Severity::warning, "cannot renew .tmp/: " + renewed.error().message());
  }
}

void Housekeeping::tell(const CleanupReport& report) {
  for (const auto& problem : report.problems) log_.write(Severity::warning, "cleanup left " + problem);
  if (!report.anything()) return;
  const std::uint64_t removed = report.removed_from(State::completed) + report.removed_from(State::failed) +
                                report.removed_from(State::cancelled) + report.removed_from(State::corrupt);
  log_.write(Severity::info, "cleanup: archived " + std::to_string(report.archived) + " entries, removed " +
                                 std::to_string(removed) + " entries and " +
                                 std::to_string(report.archive_files_removed) + " files of the archive");
}

}  // namespace spoold
