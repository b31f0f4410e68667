#include "store/queue_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a sound queue has no problems") {
  test::TempQueue queue;
  (void)queue.enqueue();
  queue.drop("foo.json", "{}");
  CHECK(check_queue(queue.files(), queue.path()).empty());
}

TEST_CASE("every problem is named, not only the first") {
  test::TempQueue queue;
  REQUIRE(::rmdir((queue.path() + "/failed").c_str()) == 0);
  REQUIRE(::chmod((queue.path() + "/completed").c_str(), 0777) == 0);
  REQUIRE(::unlink((queue.path() + "/.seq").c_str()) == 0);
  queue.drop("notes.txt", "");
  const auto problems = check_queue(queue.files(), queue.path());
  REQUIRE(problems.size() == 4);
  CHECK(problems[0].find("/completed may be written by everybody") != std::string::npos);
  CHECK(problems[1].find("/failed is not there") != std::string::npos);
  CHECK(problems[2].find("/.seq is not there") != std::string::npos);
  CHECK(problems[3].find("/pending/notes.txt will never run") != std::string::npos);
}

TEST_CASE("checking changes nothing") {
  test::TempQueue queue;
  REQUIRE(::unlink((queue.path() + "/.seq").c_str()) == 0);
  REQUIRE(::rmdir((queue.path() + "/failed").c_str()) == 0);
  (void)check_queue(queue.files(), queue.path());
  CHECK(check_queue(queue.files(), queue.path()).size() == 2);
}

TEST_CASE("a damaged sequence is a problem") {
  test::TempQueue queue;
  REQUIRE(::truncate((queue.path() + "/.seq").c_str(), 16) == 0);
  const auto problems = check_queue(queue.files(), queue.path());
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find(".seq is damaged") != std::string::npos);
}

TEST_CASE("a queue that is not there is one problem") {
  test::TempQueue queue;
  CHECK(check_queue(queue.files(), queue.path() + "/none").size() == 1);
}

TEST_CASE("a reset empties every state and keeps the directories and the sequence") {
  test::TempQueue queue;
  (void)queue.claim(queue.enqueue());
  (void)queue.enqueue();
  queue.drop("foo.json", "no entry");
  (void)queue.store().claim("foo.json");
  queue.drop("notes.txt", "");
  queue.drop("05_00000000000000000042.json", "{}", {}, State::failed);
  REQUIRE(::close(::open((queue.path() + "/.tmp/half").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
  REQUIRE(::close(::open((queue.path() + "/stats.json").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
  const std::uint64_t before = queue.sequence().next();

  const auto report = reset_queue(queue.files(), queue.layout());
  REQUIRE(report);
  CHECK(report->of(State::pending) == 1);
  CHECK(report->of(State::processing) == 1);
  CHECK(report->of(State::failed) == 1);
  CHECK(report->of(State::corrupt) == 1);
  CHECK(report->of(State::completed) == 0);
  CHECK(report->staging_removed == 1);
  CHECK(report->kept.empty());
  for (const State state : all_states) CHECK(queue.names(state).empty());
  CHECK(queue.staged().empty());
  CHECK(::access((queue.path() + "/stats.json").c_str(), F_OK) != 0);
  queue.reopen();
  CHECK(queue.sequence().next() > before);
}

TEST_CASE("a reset leaves directories that somebody put there, and names them") {
  test::TempQueue queue;
  REQUIRE(::mkdir(queue.path_of(State::corrupt, "x.json").c_str(), 0700) == 0);
  const auto report = reset_queue(queue.files(), queue.layout());
  REQUIRE(report);
  CHECK(report->kept == Names{"corrupt/x.json"});
}

TEST_CASE("a reset that fails stops, and may be run again") {
  test::TempQueue queue;
  (void)queue.enqueue();
  queue.files().fail("remove", 1, EROFS);
  CHECK(reset_queue(queue.files(), queue.layout()).error().kind == ErrorKind::read_only);
  queue.files().heal();
  CHECK(reset_queue(queue.files(), queue.layout())->of(State::pending) == 1);
}

}  // namespace spoold
