#pragma once

#include <catch2/catch.hpp>

#include "support/bundles.hpp"
#include "worker/dispatcher_bench.hpp"

namespace spoold::test {

inline std::string line(const std::string& operation, const std::string& more = "") {
  return R"({"operation":")" + operation + "\"" + more + "}";
}

// Lane "sql" takes bundles, lane "web" does not.
struct BundleLanes {
  explicit BundleLanes(const LaneOptions& options = {}) : sql(&bench.add_lane("sql", options)) {
    sql->batch = 100;
    sql->lines = 1000;
    sql->memory = true;
    web = &bench.add_lane("web");
    web->holding = true;
  }

  DispatcherBench bench;
  ScriptedBackend* sql;
  ScriptedBackend* web = nullptr;

  [[nodiscard]] std::vector<std::string> names(State state) { return bench.queue().names(state); }
  [[nodiscard]] std::string only(State state) {
    const auto found = names(state);
    REQUIRE(found.size() == 1);
    return found.front();
  }
};

inline std::string name_of(const EntryName& bundle, std::uint32_t number, std::uint32_t attempts = 0) {
  EntryName name = line_name(bundle, number);
  name.attempts = attempts;
  return format_entry_name(name);
}

inline std::string after_claim(EntryName bundle) {
  bundle.attempts = 1;
  return format_entry_name(bundle);
}

}  // namespace spoold::test
