#include "store/sequence.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

struct Place {
  Place() : queue(*files.open_directory(directory.path())) {}
  Result<Sequence> open() { return Sequence::open(queue, clock, 0600); }
  test::TempDirectory directory;
  PosixFileSystem files;
  Directory queue;
  test::ManualClock clock;
};

std::uint64_t nanoseconds(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

TEST_CASE("numbers follow the clock") {
  Place place;
  auto sequence = place.open();
  REQUIRE(sequence);
  CHECK(sequence->next() == nanoseconds(place.clock.wall_now()));
  place.clock.advance(std::chrono::seconds{1});
  CHECK(sequence->next() == nanoseconds(place.clock.wall_now()));
}

TEST_CASE("numbers grow when the clock stands still or steps back") {
  Place place;
  auto sequence = place.open();
  REQUIRE(sequence);
  const std::uint64_t first = sequence->next();
  CHECK(sequence->next() == first + 1);
  place.clock.advance(-std::chrono::hours{24 * 365});
  CHECK(sequence->next() == first + 2);
}

TEST_CASE("a sequence goes on where another process left it") {
  Place place;
  const std::uint64_t first = place.open()->next();
  place.clock.advance(-std::chrono::hours{1});
  CHECK(place.open()->next() == first + 1);
}

TEST_CASE("names that were found push the sequence beyond them") {
  Place place;
  auto sequence = place.open();
  REQUIRE(sequence);
  const std::uint64_t seen = sequence->next() + 1'000'000'000'000;
  sequence->raise_to(seen);
  CHECK(sequence->next() == seen + 1);
  sequence->raise_to(1);
  CHECK(sequence->next() == seen + 2);
}

TEST_CASE("the largest number a name can hold is not believed") {
  Place place;
  auto sequence = place.open();
  REQUIRE(sequence);
  sequence->raise_to((std::uint64_t{1} << 63U) - 1);
  CHECK(sequence->next() == nanoseconds(place.clock.wall_now()));

  place.directory.write(".seq", std::string(8, '\xff'));
  CHECK(sequence->next() == nanoseconds(place.clock.wall_now()));
}

TEST_CASE("producers that start together agree on one sequence") {
  Place place;
  constexpr std::size_t threads = 8;
  constexpr std::size_t each = 2000;
  std::vector<std::vector<std::uint64_t>> taken(threads);
  std::vector<std::thread> running;
  for (auto& mine : taken) {
    running.emplace_back([&place, &mine] {
      auto sequence = place.open();
      if (!sequence) return;
      for (std::size_t i = 0; i < each; ++i) mine.push_back(sequence->next());
    });
  }
  for (auto& thread : running) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : taken) {
    CHECK(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  CHECK(all.size() == threads * each);

  std::vector<std::string> left;
  REQUIRE(place.files.list(place.queue, [&](std::string_view name) {
    left.emplace_back(name);
    return true;
  }));
  CHECK(left == std::vector<std::string>{".seq"});
}

TEST_CASE("processes count on one sequence") {
  Place place;
  constexpr int processes = 4;
  constexpr std::uint64_t each = 1000;
  const std::uint64_t before = place.open()->next();
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      auto sequence = place.open();
      for (std::uint64_t n = 0; sequence && n < each; ++n) (void)sequence->next();
      ::_exit(0);
    }
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  // The clock stands still, so each number taken is one more than the last.
  CHECK(place.open()->next() == before + processes * each + 1);
}

TEST_CASE("a sequence file is made with its mode and its block allocated") {
  Place place;
  const mode_t before = ::umask(0077);
  const auto sequence = Sequence::open(place.queue, place.clock, 0660);
  ::umask(before);
  REQUIRE(sequence);
  struct stat raw {};
  REQUIRE(::fstatat(place.queue.handle, ".seq", &raw, AT_SYMLINK_NOFOLLOW) == 0);
  CHECK((raw.st_mode & 07777U) == 0660);
  CHECK(raw.st_size == 8);
  CHECK(raw.st_blocks > 0);
}

TEST_CASE("a damaged sequence file is refused, and the message says what to do") {
  Place place;
  for (const char* bytes : {"", "1234567", "123456789"}) {
    place.directory.write(".seq", bytes);
    const auto sequence = place.open();
    REQUIRE_FALSE(sequence);
    CHECK(sequence.error().kind == ErrorKind::invalid);
    CHECK(sequence.error().message().find("spoolctl init") != std::string::npos);
  }
}

TEST_CASE("a symlink or FIFO in the sequence's place is refused") {
  Place place;
  place.directory.write("elsewhere", "12345678");
  REQUIRE(::symlinkat("elsewhere", place.queue.handle, ".seq") == 0);
  CHECK(place.open().error().kind == ErrorKind::wrong_type);
  REQUIRE(::unlinkat(place.queue.handle, ".seq", 0) == 0);
  REQUIRE(::mkfifoat(place.queue.handle, ".seq", 0600) == 0);
  CHECK(place.open().error().kind == ErrorKind::invalid);
}

}  // namespace spoold
