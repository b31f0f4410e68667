#pragma once

#include <string>
#include <variant>
#include <vector>

#include "backend/command_options.hpp"
#include "backend/http_options.hpp"
#include "backend/sqlite_backend.hpp"
#include "base/result.hpp"
#include "metrics/options.hpp"
#include "policy/pressure.hpp"
#include "policy/retention.hpp"
#include "store/producer.hpp"
#include "store/store.hpp"
#include "worker/options.hpp"

namespace spoold {

// One of `backends:`.
struct BackendConfig {
  std::string name;
  LaneOptions lane;
  std::variant<SqliteOptions, HttpOptions, CommandOptions> options;
};

// Everything a configuration file can say, at its default. Each part belongs to the module that uses it.
struct Config {
  std::string file;  // where it was read from; empty: defaults and environment only
  std::string queue_directory = "/var/spool/spoold/default";
  bool group_may_enqueue = false;  // queue.group
  // queue.max_entry_bytes, .max_bundle_bytes, .max_bundle_lines, .allow_uids; worker.settle_time
  StoreOptions store;
  // queue.max_entry_bytes, .max_bundle_bytes, .max_bundle_lines, .max_pending, .min_free_bytes
  ProducerOptions producer;
  WorkerOptions worker;
  RetentionOptions retention;
  PressureOptions pressure;
  MetricsOptions metrics;
  std::vector<BackendConfig> backends;
  std::vector<RouteOptions> routes;  // none in the file, one backend: everything goes there
};

}  // namespace spoold
