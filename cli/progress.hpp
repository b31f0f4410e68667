#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/time.hpp"
#include "terminal.hpp"

namespace spoold {

// How far the emptying of a queue has come. Pure: the time is passed in.
class Progress {
 public:
  // `settled`: since the start of watching; `left`: still to go. What is enqueued meanwhile makes the whole
  // grow.
  void update(std::uint64_t settled, std::uint64_t left, MonotonicTime now);

  [[nodiscard]] std::uint64_t settled() const { return settled_; }
  [[nodiscard]] std::uint64_t left() const { return left_; }

  // "[#####.....]  52%  520 of 1,000  104/s  4s left", in exactly `columns` or fewer.
  [[nodiscard]] std::string bar(std::size_t columns) const;
  // The same in words, for a log.
  [[nodiscard]] std::string sentence() const;

 private:
  struct Point {
    MonotonicTime time{};
    std::uint64_t settled = 0;
  };
  // Entries a second over the last few seconds; 0 where nothing is known.
  [[nodiscard]] double rate() const;
  [[nodiscard]] std::string numbers() const;
  [[nodiscard]] unsigned percent() const;

  std::uint64_t settled_ = 0;
  std::uint64_t left_ = 0;
  std::deque<Point> points_;
};

// The bar in place on a terminal, a line now and then elsewhere; on standard error. Prints nothing if quiet.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(bool quiet) : terminal_(Terminal::of(2)), quiet_(quiet) {}
  ~ProgressDisplay() { finish(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  // When show() has something new to show at the latest.
  [[nodiscard]] std::chrono::nanoseconds interval() const;
  void show(const Progress& progress, MonotonicTime now);
  // Leaves the bar standing and goes to a fresh line.
  void finish();

 private:
  Terminal terminal_;
  bool quiet_;
  bool drawn_ = false;
  MonotonicTime next_line_{};
};

}  // namespace spoold
