#include "store/placing.hpp"

#include <catch2/catch.hpp>

#include "support/temp_queue.hpp"

namespace spoold {

TEST_CASE("a numbered name of ours keeps its id and its counts") {
  const std::string name = "05_01767328963000050032.a2.c1.json";
  CHECK(numbered_name(name, 1) == name);
  CHECK(numbered_name(name, 2) == "05_01767328963000050032.a2.c1~2.json");
  CHECK(numbered_name("05_01767328963000050032~foo.json", 3) == "05_01767328963000050032~foo.3.json");
  CHECK(numbered_name("1767329000000_05_01767328963000050035.json", 2) ==
        "1767329000000_05_01767328963000050035~2.json");
}

TEST_CASE("a numbered foreign name stays an entry's name") {
  CHECK(numbered_name("foo.json", 2) == "foo.2.json");
  CHECK(numbered_name("foo", 2) == "foo.2.json");
  CHECK(numbered_name(std::string(250, 'x') + ".json", 2).size() == 255);
  CHECK(numbered_name(std::string(250, 'x') + ".json", 1, 248) == std::string(243, 'x') + ".json");
}

TEST_CASE("a label that is cut to be numbered is still a label") {
  for (const std::size_t plain : {144U, 145U, 146U, 147U}) {
    EntryName name{.seq = 7, .label = std::string(plain, 'x') + "%0A", .due_ms = {}};
    const std::string numbered = numbered_name(format_entry_name(name), 12);
    INFO(numbered);
    const auto parsed = parse_entry_name(numbered);
    REQUIRE(parsed);
    CHECK(parsed->seq == 7);
    CHECK(parsed->label.ends_with(".12"));
  }
}

TEST_CASE("placing never replaces what is there") {
  test::TempQueue queue;
  queue.drop("foo.json", "first", std::chrono::hours{1}, State::failed);
  queue.drop("foo.json", "second");
  const auto name =
      place(queue.files(), queue.layout(), State::pending, "foo.json", State::failed, "foo.json");
  REQUIRE(name);
  CHECK(*name == "foo.2.json");
  CHECK(queue.read(State::failed, "foo.json") == "first");
  CHECK(queue.read(State::failed, "foo.2.json") == "second");
}

TEST_CASE("what is put aside many times under one name is found a free one quickly") {
  test::TempQueue queue;
  for (int i = 0; i < 30; ++i) {
    queue.drop("foo.json", std::to_string(i));
    REQUIRE(put_aside(queue.files(), queue.layout(), State::pending, "foo.json", "foo.json", "no entry", 0600,
                      queue.sequence()));
  }
  CHECK(queue.names(State::corrupt).size() == 60);
  queue.files().heal();
  queue.drop("foo.json", "last");
  REQUIRE(put_aside(queue.files(), queue.layout(), State::pending, "foo.json", "foo.json", "no entry", 0600,
                    queue.sequence()));
  CHECK(queue.files().calls().size() < 30);
}

TEST_CASE("a reason left alone is replaced by the next of that name") {
  test::TempQueue queue;
  queue.drop("foo.json.reason", "an old one\n", std::chrono::hours{1}, State::corrupt);
  queue.drop("foo.json", "bytes");
  const auto name = put_aside(queue.files(), queue.layout(), State::pending, "foo.json", "foo.json",
                              "a new one", 0600, queue.sequence());
  REQUIRE(name);
  CHECK(*name == "foo.json");
  CHECK(queue.read(State::corrupt, "foo.json.reason") == "a new one\n");
}

}  // namespace spoold
