#pragma once

#include "config/config.hpp"
#include "config/map_reader.hpp"

// The sections of the file. Options of queue, worker and retry can come from the environment too, hence
// lists.

namespace spoold {

// `base`: what a relative directory is taken from.
[[nodiscard]] std::vector<Option> queue_options(Config& config, const std::string& base);
[[nodiscard]] std::vector<Option> worker_options(Config& config);
[[nodiscard]] std::vector<Option> retry_options(RetryOptions& retry);

// `queue:` with what is no scalar there (allow_uids).
void read_queue(MapReader queue, Config& config);

// How many attempts may begin in which time.
[[nodiscard]] Option rate_option(std::string key, std::optional<Rate>& value);

// Refuses retry options at `path` that cannot be met together, if one of them was given there.
void check_retry(Reading& reading, const std::string& path, const RetryOptions& retry);

// `retention:`, `pressure:` with its thresholds in order, `metrics:`.
void read_retention(MapReader retention, RetentionOptions& options);
void read_pressure(MapReader pressure, PressureOptions& options);
void read_metrics(MapReader metrics, MetricsOptions& options);

// `backends:`, and what they may not have in common.
void read_backends(MapReader backends, Config& config);

// `routes:`, after `backends:`. `retry` is the section of that name, which routes override.
void read_routes(MapReader& top, Config& config, const RetryOptions& retry);

}  // namespace spoold
