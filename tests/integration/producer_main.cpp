// A producer as a process of its own: enqueues COUNT entries durably, each inserting a row of its own, and
// prints the tag of each entry once its enqueue has reported success.
//   test_producer QUEUE TAG COUNT
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "entry/entry_format.hpp"
#include "os/posix_file_system.hpp"
#include "store/producer.hpp"

int main(int argc, char** argv) {
  using namespace spoold;
  if (argc != 4) return 64;
  SystemClock clock;
  PosixFileSystem files;
  const auto layout = QueueLayout::open_for_producer(files, argv[1]);
  if (!layout) {
    std::cerr << layout.error().message() << '\n';
    return 74;
  }
  auto sequence = Sequence::open(layout->queue(), clock, 0600);
  if (!sequence) return 74;
  ProducerOptions options;
  options.free_bytes_min = 0;
  Producer producer{files, *layout, *sequence, clock, options};
  for (int i = 0; i < std::atoi(argv[3]); ++i) {
    const std::string tag = std::string(argv[2]) + "-" + std::to_string(i);
    auto entry = make_entry(Json{{"operation", "storm"},
                                 {"sql", "INSERT INTO effect(tag) VALUES('" + tag + "')"},
                                 {"priority", i % 10 + 1}});
    if (!entry) return 65;
    const auto done = producer.enqueue(std::move(*entry));
    if (!done) {
      std::cerr << done.error().message() << '\n';
      return 74;
    }
    const std::string line = tag + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return 74;
  }
  return 0;
}
