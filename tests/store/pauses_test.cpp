#include "store/pauses.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/print_result.hpp"
#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Calls = std::vector<std::string>;
using Catch::Matchers::Contains;

Pauses some_pauses() {
  Pauses pauses;
  pauses.all = Pause{"root", WallTime{std::chrono::seconds{1767328963}}, ""};
  pauses.lanes["llama"] = Pause{"ada", WallTime{std::chrono::seconds{1767328964}}, "it \"moves\"\n"};
  return pauses;
}

std::string refusal(const std::string& bytes) {
  const auto parsed = parse_pauses(bytes);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind == ErrorKind::invalid);
  return parsed.error().message();
}

}  // namespace

TEST_CASE("pauses are written and read as they are") {
  test::TempQueue queue;
  queue.files().heal();
  REQUIRE(write_pauses(queue.files(), queue.layout(), some_pauses()));
  CHECK(queue.files().calls() == Calls{"remove", "write_new", "rename_over", "sync_directory"});
  const auto read = read_pauses(queue.files(), queue.layout().queue());
  REQUIRE(read);
  CHECK(*read == some_pauses());
  CHECK(queue.staged().empty());
}

TEST_CASE("no file means that nothing is paused, and nothing paused leaves no file") {
  test::TempQueue queue;
  REQUIRE(write_pauses(queue.files(), queue.layout(), some_pauses()));
  REQUIRE(write_pauses(queue.files(), queue.layout(), {}));
  CHECK_FALSE(std::filesystem::exists(queue.path() + "/paused.json"));
  REQUIRE(write_pauses(queue.files(), queue.layout(), {}));
  const auto read = read_pauses(queue.files(), queue.layout().queue());
  REQUIRE(read);
  CHECK(read->empty());
}

TEST_CASE("a write that fails anywhere leaves the pauses as they were or as they were to be") {
  for (std::size_t call = 1; call <= 4; ++call) {
    test::TempQueue queue;
    REQUIRE(write_pauses(queue.files(), queue.layout(), some_pauses()));
    Pauses other = some_pauses();
    other.all.reset();
    queue.files().heal();
    queue.files().fail(call, EIO);
    CHECK_FALSE(write_pauses(queue.files(), queue.layout(), other));
    queue.files().heal();
    const auto read = read_pauses(queue.files(), queue.layout().queue());
    REQUIRE(read);
    CHECK((*read == some_pauses() || *read == other));
    CHECK(write_pauses(queue.files(), queue.layout(), other));
  }
}

TEST_CASE("a lane's own pause goes over that of all") {
  const Pauses pauses = some_pauses();
  CHECK(pauses.of("llama")->by == "ada");
  CHECK(pauses.of("main")->by == "root");
  CHECK(Pauses{}.of("main") == nullptr);
}

TEST_CASE("a file that says nothing sensible is refused with what would be right") {
  CHECK_THAT(refusal("{"), Contains("paused.json: byte 1"));
  CHECK_THAT(refusal("[]"), Contains("must be an object"));
  CHECK_THAT(refusal(R"({"al":{}})"), Contains("\"all\" and \"lanes\"") && Contains("\"al\""));
  CHECK_THAT(refusal(R"({"all":true})"), Contains("all must be an object"));
  CHECK_THAT(refusal(R"({"lanes":["main"]})"), Contains("lanes must be an object"));
  CHECK_THAT(refusal(R"({"lanes":{"main":{"since":"today"}}})"), Contains("lanes.main.since must be a time"));
  CHECK_THAT(refusal(R"({"all":{"by":1}})"), Contains("all.by must be a string"));
  CHECK_THAT(refusal(R"({"all":{"until":"x"}})"), Contains("not \"until\""));
}

}  // namespace spoold
