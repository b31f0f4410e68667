#include "config/sections.hpp"

#include <pwd.h>

#include <charconv>
#include <limits>

#include "base/duration.hpp"
#include "config/nearest.hpp"

namespace spoold {

namespace {

std::optional<uid_t> find_user(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->pw_uid;
}

// A number, or the name of a user of this machine.
Option user_option(std::vector<uid_t>& users) {
  return {"", "a user id or the name of a user of this machine, such as 1000 or www-data",
          [&users](std::string_view text) -> std::optional<std::string> {
            std::uint64_t number = 0;
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (end == text.data() + text.size() && problem != std::errc::invalid_argument) {
              // The highest one means "no user" to the kernel.
              if (problem != std::errc{} || number >= std::numeric_limits<uid_t>::max())
                return "is too large";
              users.push_back(static_cast<uid_t>(number));
              return std::nullopt;
            }
            const auto user = find_user(std::string{text});
            if (!user) return "is no user here";
            users.push_back(*user);
            return std::nullopt;
          }};
}

}  // namespace

std::vector<Option> queue_options(Config& config, const std::string& base) {
  return {
      path_option("directory", config.queue_directory, base,
                  "the path of the queue's directory, such as /var/spool/spoold/default"),
      size_option("max_entry_bytes", config.store.entry_bytes_max, {"64B", "256MiB", "1MiB", ""}),
      size_option("max_bundle_bytes", config.store.bundle_bytes_max, {"64KiB", "256MiB", "16MiB", ""}),
      count_option<std::uint32_t>("max_bundle_lines", config.store.bundle_lines_max, 1, bundle_lines_most,
                                  10'000),
      count_option<std::uint64_t>("max_pending", config.producer.pending_max, 0, 1'000'000'000, 100'000),
      size_option("min_free_bytes", config.producer.free_bytes_min, {"0B", "1024TiB", "64MiB", ""}),
      flag_option("group", config.group_may_enqueue),
  };
}

std::vector<Option> worker_options(Config& config) {
  WorkerOptions& worker = config.worker;
  return {
      duration_option("idle_exit", worker.idle_exit, {"0s", long_time, "300s", "never"}),
      choice_option<WatchMode>(
          "watch", worker.watch,
          {{"auto", WatchMode::automatic}, {"inotify", WatchMode::inotify}, {"poll", WatchMode::poll}}),
      duration_option("poll_interval", worker.poll_interval, {"1ms", "1h", "100ms", ""}),
      duration_option("rescan_interval", worker.rescan_interval, {"1s", "1h", "60s", ""}),
      duration_option("settle_time", config.store.settle_time, {"0s", "1h", "2s", ""}),
      duration_option("shutdown_grace", worker.shutdown_grace, {"0s", "24h", "30s", ""}),
      count_option<std::uint32_t>("max_crashes", worker.crashes_max, 1, 1000, 3),
      duration_option("ageing", worker.ageing, {"0s", long_time, "10m", "strictly by priority"}),
      flag_option("on_demand", worker.on_demand),
  };
}

std::vector<Option> retry_options(RetryOptions& retry) {
  return {
      count_option<std::uint32_t>("max_retries", retry.retries_max, 0, 10'000, 3),
      duration_option("initial", retry.initial, {"0s", "365d", "2s", ""}),
      number_option("factor", retry.factor, 1, 100, 2),
      duration_option("max", retry.max, {"0s", "365d", "5m", ""}),
      choice_option<Jitter>("jitter", retry.jitter, {{"full", Jitter::full}, {"none", Jitter::none}}),
      duration_option("budget", retry.budget, {"0s", long_time, "24h", "no limit"}),
  };
}

void read_queue(MapReader queue, Config& config) {
  queue.options(queue_options(config, queue.reading().directory()));
  const Option user = user_option(config.store.allow_uids);
  for (const auto& item : queue.list("allow_uids", "a list of users, such as [1000, www-data]"))
    queue.value(item, user);
}

void check_retry(Reading& reading, const std::string& path, const RetryOptions& retry) {
  const Place place = reading.place_of({join_path(path, "max"), join_path(path, "initial")});
  const bool given_here = place.line > 0 || !place.variable.empty();
  if (!given_here || retry.max >= retry.initial) return;
  const std::string initial = format_duration(retry.initial);
  reading.refuse(place, join_path(path, "max") + " is " + format_duration(retry.max) + ", less than " +
                            join_path(path, "initial") + " (" + initial + "); write a max of " + initial +
                            " or more, or a smaller initial");
}

}  // namespace spoold
