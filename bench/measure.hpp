#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

// What every benchmark needs: its options, a stop-watch, medians, and the line that it prints.

namespace spoold::bench {

struct Options {
  std::string directory;  // where queues are made, one a round; exists
  // 100 or more; the size of a round of bench_drain, and the scale of the others
  std::size_t entries = 20'000;
  std::size_t rounds = 5;     // 1 or more
  std::size_t seconds = 130;  // 1 or more; how long an idle daemon is watched
};

// Reads `--dir DIR [--entries N] [--rounds N] [--seconds N]`; anything else ends the program with status 64.
// From here on nothing that is started outlives the program: see programs.hpp.
[[nodiscard]] Options read_options(int argc, char** argv);

// Says what went wrong, ends what was started and the program with status 70: a figure of a run that failed
// is worth nothing.
[[noreturn]] void fail(const std::string& what);

inline void require(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

template <class T>
T take(Result<T> result) {
  if (!result) fail(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// REQUIRES: not empty; 0 <= share <= 1.
[[nodiscard]] double percentile(std::vector<double> values, double share);
[[nodiscard]] inline double median(std::vector<double> values) {
  return percentile(std::move(values), 0.5);
}

// The same work done by spoold and by a floor program, one pair a round.
struct Rounds {
  std::vector<double> spoold;
  std::vector<double> floor;
};

// Takes both of a round; which goes first changes from round to round.
template <class First, class Second>
void in_turn(std::size_t round, const First& spoold, const Second& other) {
  if (round % 2 == 0) spoold();
  other();
  if (round % 2 != 0) spoold();
}

struct Figure {
  std::string name;  // one word, for JSON
  std::string what;  // for people
  std::string unit;
  double value = 0;
  std::optional<double> floor = std::nullopt;
  std::optional<double> ratio = std::nullopt;  // value to floor
  std::string aim = {};  // ">= 0.70": of the ratio where there is one, else of the value
};

// Medians over the rounds; the ratio is the median of the rounds' ratios, so that a disk that slows down
// between two rounds does not show in it.
[[nodiscard]] Figure compare(std::string name, std::string what, std::string unit, const Rounds& rounds,
                             std::string aim);

// One line of tab-separated values on standard output.
void report(const Figure& figure);

}  // namespace spoold::bench
