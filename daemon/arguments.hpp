#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "event/event.hpp"
#include "worker/options.hpp"

namespace spoold {

enum class LogFormat { automatic, text, json, journal };

// The command line of spoold, with SPOOLD_LOG_LEVEL and SPOOLD_LOG_FORMAT where it is silent.
struct Arguments {
  std::optional<std::string> config;
  std::optional<std::string> queue;
  RunMode mode = RunMode::serve;
  std::optional<std::uint64_t> entries_max;
  bool check_config = false;
  Severity log_level = Severity::info;
  LogFormat log_format = LogFormat::automatic;
};

// The command line read, or the exit status where that is all there is to do: 0 after --help and --version,
// 64 (EX_USAGE) after a mistake, which has been told on standard error.
[[nodiscard]] std::variant<Arguments, int> parse_arguments(int argc, const char* const* argv);

}  // namespace spoold
