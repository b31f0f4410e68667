#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/measure.hpp"
#include "os/unique_fd.hpp"

namespace spoold::bench {

// Counts the names that are renamed into a directory from its making on, without looking into it.
class Arrivals {
 public:
  explicit Arrivals(const std::string& directory);

  // Waits until so many have come, all in all. Ends the program where none comes for a minute.
  void wait_for(std::size_t count);
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::string directory_;
  UniqueFd inotify_;
  std::vector<char> events_ = std::vector<char>(1024UL * 1024);
  std::size_t count_ = 0;
};

}  // namespace spoold::bench
