#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Names both_kinds_of_name{"05_00000000000000000042.json", "foo.json"};
const std::string half = R"({"operation":"gre)";

const Unsettled* unsettled(const Result<ClaimResult>& result) {
  return result ? std::get_if<Unsettled>(&*result) : nullptr;
}

}  // namespace

TEST_CASE("a half-written file keeps its name while it is young, and is condemned after that") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, half, milliseconds{1500});
    const auto first = queue.store().claim(name);
    REQUIRE(unsettled(first) != nullptr);
    CHECK(unsettled(first)->file_name == name);
    CHECK(unsettled(first)->look_again_at == queue.clock().wall_now() + milliseconds{500});
    CHECK(queue.names(State::pending) == Names{name});
    CHECK(queue.names(State::processing).empty());

    queue.clock().advance(milliseconds{500});
    const auto second = queue.store().claim(name);
    REQUIRE(second);
    CHECK(std::holds_alternative<Condemned>(*second));
  }
}

TEST_CASE("a file that was half-written runs once it is whole") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, half, milliseconds{0});
    REQUIRE(unsettled(queue.store().claim(name)) != nullptr);
    queue.drop(name, R"({"operation":"greet"})", milliseconds{0});
    CHECK(queue.claim(name).entry.operation == "greet");
  }
}

TEST_CASE("an empty young file is left alone") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, "", milliseconds{0});
    CHECK(unsettled(queue.store().claim(name)) != nullptr);
  }
}

TEST_CASE("a foreign half-written file is not renamed for an instant") {
  test::TempQueue queue;
  queue.drop("foo.json", half, milliseconds{0});
  queue.files().heal();
  REQUIRE(unsettled(queue.store().claim("foo.json")) != nullptr);
  CHECK(queue.files().calls() == Names{"read"});
}

TEST_CASE("a modification time ahead of the clock does not put the verdict off") {
  for (const auto& name : both_kinds_of_name) {
    for (const auto ahead : {seconds{1}, seconds{1'000'000'000}}) {
      test::TempQueue queue;
      queue.drop(name, half, -ahead);
      const auto result = queue.store().claim(name);
      REQUIRE(result);
      CHECK(std::holds_alternative<Condemned>(*result));
    }
  }
}

TEST_CASE("a young file that will never be an entry is condemned at once") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, half, milliseconds{0});
    REQUIRE(::link(queue.path_of(State::pending, name).c_str(), (queue.path() + "/other").c_str()) == 0);
    const auto result = queue.store().claim(name);
    REQUIRE(result);
    CHECK(std::holds_alternative<Condemned>(*result));
  }
}

TEST_CASE("a whole file is taken however young it is") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, R"({"operation":"greet"})", milliseconds{0});
    CHECK(queue.claim(name).entry.operation == "greet");
  }
}

TEST_CASE("a leased file is left for later") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, R"({"operation":"greet"})");
    const auto before = std::signal(SIGIO, SIG_IGN);
    {
      const UniqueFd fd{::open(queue.path_of(State::pending, name).c_str(), O_RDWR | O_CLOEXEC)};
      REQUIRE(::fcntl(fd.get(), F_SETLEASE, F_WRLCK) == 0);
      const auto result = queue.store().claim(name);
      REQUIRE(unsettled(result) != nullptr);
      CHECK(unsettled(result)->look_again_at > queue.clock().wall_now());
      CHECK(queue.names(State::pending) == Names{name});
    }
    std::signal(SIGIO, before);
    CHECK(queue.claim(name).entry.operation == "greet");
  }
}

TEST_CASE("a file whose old name was taken meanwhile goes back under a numbered one") {
  test::TempQueue queue;
  const std::string name = both_kinds_of_name.front();
  queue.drop(name, half, milliseconds{0});
  queue.files().before_call = [&](const std::string& call) {
    if (call == "read") queue.drop(name, R"({"operation":"new"})");
  };
  const auto result = queue.store().claim(name);
  REQUIRE(unsettled(result) != nullptr);
  CHECK(unsettled(result)->file_name == "05_00000000000000000042~2.json");
  CHECK(queue.names(State::pending) == Names{name, "05_00000000000000000042~2.json"});
}

}  // namespace spoold
