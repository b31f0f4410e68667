#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "entry/entry.hpp"
#include "support/lying_disk.hpp"

namespace spoold::test {

// The number in an entry by which the simulation knows it, whatever becomes of its name.
using Mark = std::uint64_t;
[[nodiscard]] std::string document_of(Mark mark, const std::string& operation, const std::string& more = "");
[[nodiscard]] Mark mark_of(const Entry& entry);

// What really happened, outside the daemon and out of its sight: what was acknowledged to producers, which
// attempts run, and which effects took place. Keeps what was broken.
class Truth {
 public:
  struct One {
    bool acknowledged = false;
    bool in_ledger_lane = false;
    std::uint64_t effects = 0;
    std::uint64_t failed_attempts = 0;
    bool running = false;
  };

  One& operator[](Mark mark) { return all_[mark]; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

  void begin(Mark mark);
  void end(Mark mark) { all_[mark].running = false; }
  void take_effect(Mark mark);
  // The worker took the entry of this id to be what its backend cannot take, and counted an outage against
  // it.
  void blame(std::uint64_t seq) { ++blamed_[seq]; }
  // The daemon's process is gone, and all it did.
  void end_all();

  // P1 and P2: each acknowledged entry lies in one place, and no entry in two; P6: attempts are counted for
  // what the entry came to, not for outages and our own stops.
  void check(const LyingDisk& disk);
  // All is over: each entry has come to an end, and those called done had their effect.
  void check_end(const LyingDisk& disk);
  // What is still on its way.
  [[nodiscard]] static std::vector<std::string> not_ended(const LyingDisk& disk);

  std::uint64_t ends = 0;  // of the daemon's processes
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }

 private:
  using Places = std::map<Mark, std::vector<std::string>>;
  [[nodiscard]] static Places places(const LyingDisk& disk);
  void check_attempts(Mark mark, const std::string& place);

  std::map<Mark, One> all_;
  std::map<std::uint64_t, std::uint64_t> blamed_;
  std::vector<std::string> broken_;
};

}  // namespace spoold::test
