#include "entry/entry_name.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace spoold;
using namespace std::string_literals;

namespace {

constexpr std::uint64_t seq_max = std::numeric_limits<std::int64_t>::max();

EntryName fullest() {
  return EntryName{10, seq_max, 65535, 65535, std::string(150, 'x'), 9'999'999'999'999};
}

EntryName random_name(std::mt19937_64& random) {
  EntryName name;
  name.priority = static_cast<int>(1 + random() % 10);
  name.seq = 1 + (random() >> (1 + random() % 60)) % seq_max;
  if (random() % 2 == 0) name.attempts = static_cast<std::uint32_t>((random() >> (random() % 60)) % 65536);
  if (random() % 2 == 0) name.crashes = static_cast<std::uint32_t>((random() >> (random() % 60)) % 65536);
  if (random() % 4 == 0) {
    name.lines = static_cast<std::uint32_t>(1 + random() % bundle_lines_most);
    name.seq = std::min(name.seq, seq_max - name.lines);
  } else if (random() % 2 == 0)
    name.due_ms = static_cast<std::int64_t>(random() % 10'000'000'000'000U);
  if (random() % 2 == 0) {
    std::string foreign(1 + random() % 255, 'x');
    for (char& c : foreign) c = static_cast<char>(1 + random() % 255);
    name.label = make_label(foreign);
  }
  return name;
}

}  // namespace

TEST_CASE("a due time is rounded up to the millisecond, and kept within what a name and a clock can hold") {
  using std::chrono::nanoseconds;
  CHECK(due_ms_of(WallTime{nanoseconds{1'500'001}}) == 2);
  CHECK(due_ms_of(WallTime{nanoseconds{2'000'000}}) == 2);
  CHECK(due_ms_of(WallTime{nanoseconds{-5'000'000}}) == 0);
  CHECK(due_ms_of(WallTime::max()) < 9'999'999'999'999);
  CHECK(due_time(2) == WallTime{nanoseconds{2'000'000}});
  CHECK(due_time(9'999'999'999'999) == WallTime::max());
}

TEST_CASE("a name is made of its parts") {
  CHECK(format_entry_name({3, 1767328963000000001, 0, 0, "", {}}) == "03_01767328963000000001.json");
  CHECK(format_entry_name({10, 1, 2, 0, "", {}}) == "10_00000000000000000001.a2.json");
  CHECK(format_entry_name({1, 1, 0, 3, "", {}}) == "01_00000000000000000001.c3.json");
  CHECK(format_entry_name({5, 42, 4, 1, "3_1767328963N_50032", {}}) ==
        "05_00000000000000000042.a4.c1~3_1767328963N_50032.json");
  CHECK(format_entry_name({5, 42, 1, 0, "", 1767328963000}) ==
        "1767328963000_05_00000000000000000042.a1.json");
  CHECK(format_entry_name({5, 42, 0, 0, "", 0}) == "0000000000000_05_00000000000000000042.json");
}

TEST_CASE("a bundle's name tells how many numbers it owns") {
  const auto name = parse_entry_name("05_00000000000000000042.n3.a1.c2~rows.jsonl");
  REQUIRE(name);
  CHECK(format_entry_name(*name) == "05_00000000000000000042.n3.a1.c2~rows.jsonl");
  CHECK(name->is_bundle());
  CHECK(name->entries() == 3);
  CHECK(name->last_seq() == 45);
  CHECK(name->owns(42));
  CHECK(name->owns(45));
  CHECK_FALSE(name->owns(41));
  CHECK_FALSE(name->owns(46));
  CHECK(entries_in("05_00000000000000000042.n3.jsonl") == 3);
  CHECK(entries_in("foreign.jsonl") == 1);
  CHECK(entries_in("05_00000000000000000042.json") == 1);
  CHECK(make_label("rows.jsonl") == "rows");
}

TEST_CASE("what only looks like a bundle's name is foreign") {
  for (const char* text :
       {"05_00000000000000000042.jsonl", "05_00000000000000000042.n0.jsonl",
        "05_00000000000000000042.n03.jsonl", "05_00000000000000000042.n3.json",
        "05_00000000000000000042.n1000001.jsonl", "05_00000000000000000042.a1.n3.jsonl",
        "05_09223372036854775806.n2.jsonl", "1767328963000_05_00000000000000000042.n3.jsonl"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_entry_name(text));
  }
  CHECK(parse_entry_name("05_09223372036854775806.n1.jsonl"));
}

TEST_CASE("a name is read into its parts") {
  const auto name = parse_entry_name("1767328963000_05_00000000000000000042.a4.c65535~a%2Fb.a1.c2~.json");
  CHECK_FALSE(name.has_value());
  CHECK(parse_entry_name("1767328963000_05_00000000000000000042.a4.c65535~a%2Fb.a1.c2.json.json") ==
        EntryName{5, 42, 4, 65535, "a%2Fb.a1.c2.json", 1767328963000});
  CHECK(parse_entry_name("10_09223372036854775807.json") == EntryName{10, seq_max, 0, 0, "", {}});
}

TEST_CASE("every name that is made is read back, and is the only spelling") {
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 20'000; ++i) {
    const EntryName name = random_name(random);
    const std::string text = format_entry_name(name);
    const auto read = parse_entry_name(text);
    if (!read || *read != name || format_entry_name(*read) != text || text.size() > 255) FAIL(text);
  }
}

TEST_CASE("a name with one byte changed reads as what makes that very name, or not at all") {
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 200; ++i) {
    const std::string whole = format_entry_name(random_name(random));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string text = whole;
      text[at] = static_cast<char>(random() % 256);
      const auto read = parse_entry_name(text);
      if (read && format_entry_name(*read) != text) FAIL(text);
    }
  }
}

TEST_CASE("a name cut at any byte is no name") {
  for (const EntryName& name : {fullest(), EntryName{5, 42, 0, 0, "", {}}, EntryName{5, 42, 1, 0, "", 0},
                                EntryName{5, 42, 0, 2, "x", {}}}) {
    const std::string whole = format_entry_name(name);
    REQUIRE(parse_entry_name(whole) == name);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(whole.substr(0, length));
      CHECK_FALSE(parse_entry_name(whole.substr(0, length)).has_value());
    }
  }
}

TEST_CASE("a name cut at its front is no name, but for the due time") {
  const std::string whole = format_entry_name(fullest());
  for (std::size_t begin = 1; begin < whole.size(); ++begin) {
    INFO(whole.substr(begin));
    CHECK(parse_entry_name(whole.substr(begin)).has_value() == (begin == 14));
  }
}

TEST_CASE("the longest name fits a directory entry, with .reason behind it too") {
  CHECK((format_entry_name(fullest()) + ".reason").size() <= 255);
}

TEST_CASE("names that are out of form or range are no names of ours") {
  const std::string id = "00000000000000000042";
  for (const std::string& text : {""s,
                                  ".json"s,
                                  "_.json"s,
                                  "foo.json"s,
                                  "3_1767328963N_50032.json"s,
                                  "5_" + id + ".json",
                                  "005_" + id + ".json",
                                  "00_" + id + ".json",
                                  "11_" + id + ".json",
                                  "99_" + id + ".json",
                                  "+5_" + id + ".json",
                                  "-5_" + id + ".json",
                                  " 5_" + id + ".json",
                                  "05-" + id + ".json",
                                  "05" + id + ".json",
                                  "05_0000000000000000042.json"s,
                                  "05_000000000000000000042.json"s,
                                  "05_00000000000000000000.json"s,
                                  "05_09223372036854775808.json"s,
                                  "05_18446744073709551616.json"s,
                                  "05_99999999999999999999.json"s,
                                  "05_+0000000000000000042.json"s,
                                  "05_0000000000000000004x.json"s,
                                  "05_-0000000000000000042.json"s,
                                  "05_" + id,
                                  "05_" + id + ".JSON",
                                  "05_" + id + ".json ",
                                  "05_" + id + ".json\n",
                                  " 05_" + id + ".json",
                                  "05_" + id + ".jso",
                                  "05_" + id + "..json",
                                  "05_" + id + ".json.tmp",
                                  "05_" + id + "x.json",
                                  "05_" + id + ".a.json",
                                  "05_" + id + ".a0.json",
                                  "05_" + id + ".a01.json",
                                  "05_" + id + ".a65536.json",
                                  "05_" + id + ".a99999999999999999999999.json",
                                  "05_" + id + ".a-1.json",
                                  "05_" + id + ".a+1.json",
                                  "05_" + id + ".a1x.json",
                                  "05_" + id + ".a1.a2.json",
                                  "05_" + id + ".A1.json",
                                  "05_" + id + "a1.json",
                                  "05_" + id + ".c.json",
                                  "05_" + id + ".c0.json",
                                  "05_" + id + ".c01.json",
                                  "05_" + id + ".c65536.json",
                                  "05_" + id + ".c1.a1.json",
                                  "05_" + id + ".a1.c1.c1.json",
                                  "05_" + id + ".b1.json",
                                  "05_" + id + "~.json",
                                  "05_" + id + "~a b.json",
                                  "05_" + id + "~a~b.json",
                                  "05_" + id + "~a/b.json",
                                  "05_" + id + "~%.json",
                                  "05_" + id + "~%2.json",
                                  "05_" + id + "~%2f.json",
                                  "05_" + id + "~%GG.json",
                                  "05_" + id + "~a\n.json",
                                  "05_" + id + "~\xC3\xA4.json",
                                  "05_" + id + "~" + std::string(151, 'x') + ".json",
                                  "05_" + id + ".~x.json",
                                  "~x.json"s,
                                  "176732896300_05_" + id + ".json",
                                  "17673289630000_05_" + id + ".json",
                                  "-767328963000_05_" + id + ".json",
                                  "1767328963000__05_" + id + ".json",
                                  "1767328963000_" + id + ".json",
                                  "1767328963000_1767328963000_05_" + id + ".json",
                                  "05_" + id + ".json\0"s,
                                  "\0"s + "5_" + id + ".json"}) {
    INFO(text);
    CHECK_FALSE(parse_entry_name(text).has_value());
  }
}

TEST_CASE("anything .json or .jsonl without a leading dot may be dropped into pending") {
  for (const char* name : {"a.json", "3_1767328963N_50032.json", "-rf.json", " .json", "a..json", "\xFF.json",
                           "\n.json", "x.json.json", "a.jsonl", "3_rows.jsonl"}) {
    CHECK(is_entry_file_name(name));
  }
  for (const char* name : {"", ".", "..", ".json", ".a.json", "json", "a.JSON", "a.json~", "a.json.tmp",
                           ".jsonl", ".a.jsonl", "a.jsonlx", ".tmp"}) {
    CHECK_FALSE(is_entry_file_name(name));
  }
}

TEST_CASE("a foreign name asks for a priority by its first number") {
  CHECK(leading_priority("3_1767328963N_50032.json") == 3);
  CHECK(leading_priority("03_x.json") == 3);
  CHECK(leading_priority("10_x.json") == 10);
  CHECK(leading_priority("1_.json") == 1);
  for (const char* name :
       {"", "_", "0_x.json", "00_x.json", "11_x.json", "99_x.json", "003_x.json", "+3_x.json", "-3_x.json",
        " 3_x.json", "3-x.json", "3.json", "x3_.json", "a_3.json", "3 _x.json"}) {
    INFO(name);
    CHECK_FALSE(leading_priority(name).has_value());
  }
}

TEST_CASE("a foreign name becomes a label") {
  CHECK(make_label("3_1767328963N_50032.json") == "3_1767328963N_50032");
  CHECK(make_label("a b%c~d.json") == "a%20b%25c%7Ed");
  CHECK(make_label("two\nlines\x1B[31m.json") == "two%0Alines%1B%5B31m");
  CHECK(make_label("...json") == "..");
  CHECK(make_label("x.json.json") == "x.json");
  CHECK(make_label("\xC3\xA4\xFF.json") == "%C3%A4%FF");
  CHECK(make_label("no suffix") == "no%20suffix");
}

TEST_CASE("a label of any hostile name fits into a name that is read back") {
  std::vector<std::string> foreign{"..json",
                                   "...json",
                                   "....json",
                                   "-rf.json",
                                   "\n.json",
                                   "\x1B]0;x\a.json",
                                   "~.json",
                                   std::string(250, 'x') + ".json",
                                   std::string(250, '\n') + ".json",
                                   std::string(148, 'x') + "\n\n.json",
                                   std::string(149, 'x') + "\n.json",
                                   std::string(150, 'x') + "\n.json",
                                   std::string(255, '%')};
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') foreign.push_back("a"s + static_cast<char>(byte) + ".json");
  }
  for (const std::string& file_name : foreign) {
    EntryName name = fullest();
    name.label = make_label(file_name);
    INFO(name.label);
    CHECK_FALSE(name.label.empty());
    CHECK(name.label.size() <= 150);
    CHECK(name.label.find_first_not_of(
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-%") == std::string::npos);
    const std::string text = format_entry_name(name);
    CHECK(text.size() <= 255);
    CHECK(parse_entry_name(text) == name);
  }
}

TEST_CASE("foreign names that differ in one byte have different labels") {
  std::vector<std::string> labels;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') labels.push_back(make_label("a"s + static_cast<char>(byte) + "b.json"));
  }
  std::sort(labels.begin(), labels.end());
  CHECK(std::adjacent_find(labels.begin(), labels.end()) == labels.end());
}

TEST_CASE("an id is written with twenty digits and read with any number of zeros before it") {
  CHECK(format_id(42) == "00000000000000000042");
  CHECK(format_id(seq_max) == "09223372036854775807");
  CHECK(parse_id("42") == 42);
  CHECK(parse_id("00000000000000000042") == 42);
  CHECK(parse_id(std::string(100, '0') + "42") == 42);
  CHECK(parse_id("9223372036854775807") == seq_max);
  for (const char* text : {"", "0", "000", "-1", "+1", " 1", "1 ", "1x", "x", "0x1", "1.0",
                           "9223372036854775808", "18446744073709551617", "99999999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_id(text).has_value());
  }
}

TEST_CASE("names sort by due time, priority and sequence as bytes do") {
  CHECK(format_entry_name({9, seq_max, 0, 0, "", {}}) < format_entry_name({10, 1, 0, 0, "", {}}));
  CHECK(format_entry_name({5, 999, 0, 0, "", {}}) < format_entry_name({5, 1000, 0, 0, "", {}}));
  CHECK(format_entry_name({10, 1, 0, 0, "", 999}) < format_entry_name({1, 1, 0, 0, "", 1000}));
}

TEST_CASE("printable text is left alone") {
  CHECK(printable("plain 'text' \\ 100%") == "plain 'text' \\ 100%");
  CHECK(printable("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80") == "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("what could move a cursor or break a line is shown as its bytes") {
  CHECK(printable("a\nb\tc\r") == "a\\x0Ab\\x09c\\x0D");
  CHECK(printable("\x1B[2J\x7F") == "\\x1B[2J\\x7F");
  CHECK(printable("\0"s) == "\\x00");
  CHECK(printable("\xC2\x9B"
                  "1m") == "\\xC2\\x9B1m");
  CHECK(printable("\xC2\xA0") == "\xC2\xA0");
  CHECK(printable("a\xFF\xC3(") == "a\\xFF\\xC3(");
  CHECK(printable("\xE2\x82") == "\\xE2\\x82");
  CHECK(printable("\xED\xA0\x80") == "\\xED\\xA0\\x80");
}
