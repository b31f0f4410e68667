#include <array>
#include <string>

#include "config/sections.hpp"

namespace spoold {

namespace {

std::vector<Option> keep_options(KeepOptions& keep, const std::string& age_example) {
  return {
      duration_option("age", keep.age, {"0s", long_time, age_example, "no limit"}),
      count_option<std::uint64_t>("count", keep.count, 0, 1'000'000'000, 100'000),
      size_option("bytes", keep.bytes, {"0B", "1024TiB", "1GiB", "no limit"}),
  };
}

// Each level begins above the one before it.
void check_thresholds(Reading& reading, const std::string& path, const PressureOptions& options) {
  struct Threshold {
    const char* key;
    std::uint64_t value;
  };
  const std::array<Threshold, 4> thresholds{{{"low", options.low},
                                             {"balanced", options.balanced},
                                             {"high", options.high},
                                             {"overflow", options.overflow}}};
  for (std::size_t i = 1; i < thresholds.size(); ++i) {
    const auto& [below, least] = thresholds[i - 1];
    const auto& [key, value] = thresholds[i];
    if (value > least) continue;
    reading.refuse(reading.place_of({join_path(path, key), join_path(path, below)}),
                   join_path(path, key) + " is " + std::to_string(value) + ", not above " +
                       join_path(path, below) + " (" + std::to_string(least) + "); write " +
                       std::to_string(least + 1) + " or more");
  }
}

}  // namespace

void read_retention(MapReader retention, RetentionOptions& options) {
  {
    MapReader completed = retention.map("completed", "{ age: 24h, then: archive }");
    completed.options(keep_options(options.completed, "24h"));
    completed.option(choice_option<AfterKeeping>(
        "then", options.then, {{"archive", AfterKeeping::archive}, {"remove", AfterKeeping::remove}}));
  }
  retention.map("failed", "{ age: 7d }").options(keep_options(options.failed, "7d"));
  retention.map("cancelled", "{ age: 7d }").options(keep_options(options.cancelled, "7d"));
  retention.map("corrupt", "{ age: 30d }").options(keep_options(options.corrupt, "30d"));
  retention.map("archive", "{ age: 30d }").options(keep_options(options.archive, "30d"));
}

void read_pressure(MapReader pressure, PressureOptions& options) {
  constexpr std::uint64_t most = 1'000'000'000;
  constexpr std::uint32_t batch_most = 1'000'000;
  pressure.options({
      count_option<std::uint64_t>("low", options.low, 1, most, 1),
      count_option<std::uint64_t>("balanced", options.balanced, 1, most, 5),
      count_option<std::uint64_t>("high", options.high, 1, most, 25),
      count_option<std::uint64_t>("overflow", options.overflow, 1, most, 50),
  });
  pressure.map("produce", "{ starving: 20, low: 15, balanced: 10 }")
      .options({
          count_option<std::uint32_t>("starving", options.produce_starving, 0, batch_most, 20),
          count_option<std::uint32_t>("low", options.produce_low, 0, batch_most, 15),
          count_option<std::uint32_t>("balanced", options.produce_balanced, 0, batch_most, 10),
      });
  check_thresholds(pressure.reading(), pressure.path(), options);
}

void read_metrics(MapReader metrics, MetricsOptions& options) {
  metrics.options({
      path_option("file", options.file, metrics.reading().directory(),
                  "the path of a file, such as /var/lib/node_exporter/spoold.prom"),
      duration_option("interval", options.interval, {"1s", "1h", "15s", ""}),
  });
}

}  // namespace spoold
