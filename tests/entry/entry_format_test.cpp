#include "entry/entry_format.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

using namespace spoold;
using namespace std::string_literals;

namespace {

const std::filesystem::path data = std::filesystem::path(SPOOLD_TEST_DATA) / "entries";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::filesystem::path> json_files(const char* directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& item : std::filesystem::directory_iterator(data / directory)) {
    if (item.path().extension() == ".json") files.push_back(item.path());
  }
  REQUIRE(files.size() > 10);
  return files;
}

Entry accepted(const std::string& name) {
  auto entry = parse_entry(read(data / "accepted" / (name + ".json")));
  REQUIRE(entry.has_value());
  return std::move(*entry);
}

WallTime time_of(std::string_view text) {
  return *parse_rfc3339(text);
}

std::string make_error(Json document) {
  const auto entry = make_entry(std::move(document));
  return entry.has_value() ? "accepted" : entry.error().context;
}

}  // namespace

TEST_CASE("every file of an accepted class is an entry, and what is written of it reads the same") {
  for (const auto& path : json_files("accepted")) {
    INFO(path);
    const auto entry = parse_entry(read(path));
    REQUIRE(entry.has_value());
    const std::string written = format_entry(*entry);
    CHECK(written.find('\n') == written.size() - 1);
    const auto again = parse_entry(written);
    REQUIRE(again.has_value());
    CHECK(again->document == entry->document);
    CHECK(format_entry(*again) == written);
    CHECK(digest(*again) == digest(*entry));
    CHECK(make_entry(entry->document).has_value());
  }
}

TEST_CASE("every file of a refused class is refused with its reason") {
  for (const auto& path : json_files("refused")) {
    INFO(path);
    std::string expected = read(std::filesystem::path(path).replace_extension(".reason"));
    expected.pop_back();
    const auto entry = parse_entry(read(path));
    REQUIRE(entry.has_error());
    CHECK(entry.error().kind == ErrorKind::invalid);
    CHECK(entry.error().number == 0);
    CHECK_THAT(entry.error().message(), Catch::Contains(expected));
    CHECK(entry.error().message().size() < 300);
  }
}

TEST_CASE("an entry cut at any byte is refused with a reason") {
  for (const char* name : {"foreign_update_checkpoint", "every_field", "escapes", "operation_beyond_ascii"}) {
    std::string whole = read(data / "accepted" / (name + ".json"s));
    while (whole.back() == '\n') whole.pop_back();
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(name << " cut after " << length);
      // A copy of exactly these bytes, so that a sanitizer sees a read beyond them.
      const std::vector<char> bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      const auto entry = parse_entry(std::string_view(bytes.data(), bytes.size()));
      REQUIRE(entry.has_error());
      CHECK(entry.error().kind == ErrorKind::invalid);
      CHECK(entry.error().context.starts_with("byte "));
    }
    CHECK(parse_entry(whole).has_value());
  }
}

TEST_CASE("an entry of a stranger's making is taken as it is") {
  const Entry entry = accepted("foreign_update_checkpoint");
  CHECK(entry.operation == "update_checkpoint");
  CHECK(entry.priority == 3);
  CHECK(entry.field("sql") == "UPDATE sessions SET checkpoint = 17 WHERE id = 'a'");
  CHECK(entry.field("seq") == "1767328963N_50032");
  CHECK_FALSE(entry.key.has_value());
  CHECK(format_entry(entry) == read(data / "accepted/foreign_update_checkpoint.json") + "\n");
}

TEST_CASE("every field that the program reads is read") {
  const Entry entry = accepted("every_field");
  CHECK(entry.operation == "orders.insert");
  CHECK(entry.priority == 1);
  CHECK(entry.key == "order-7");
  CHECK(entry.not_before == time_of("2026-01-02T03:42:43.25Z"));
  CHECK(entry.expires_at == time_of("2027-01-02T04:42:43Z"));
  CHECK(entry.field("params")["id"] == 7);
  CHECK(entry.field("args")[0] == "-resize");
}

TEST_CASE("a field that is absent is null, and so is one that says null") {
  const Entry entry = accepted("nulls_for_absent");
  CHECK(entry.field("sql").is_null());
  CHECK(entry.field("no such field").is_null());
  CHECK_FALSE(entry.priority.has_value());
  CHECK_FALSE(entry.key.has_value());
  CHECK_FALSE(entry.not_before.has_value());
  CHECK_FALSE(entry.expires_at.has_value());
}

TEST_CASE("unknown fields are carried in their place") {
  CHECK(format_entry(accepted("unknown_fields")) ==
        "{\"zebra\":[1,{\"deep\":true}],\"operation\":\"ping\",\"apple\":1.25,\"\":\"the empty name\"}\n");
}

TEST_CASE("an entry built in memory is checked as one that is read") {
  const auto entry = make_entry(Json{{"operation", "ping"}, {"priority", 2}});
  REQUIRE(entry.has_value());
  CHECK(entry->priority == 2);
  CHECK(make_error(Json{{"operation", ""}}).find("`operation`") != std::string::npos);
  CHECK(make_error(Json{{"operation", "ping"}, {"priority", 99}}).find("`priority`") != std::string::npos);
  CHECK(make_error(Json::array()).find("one JSON object") != std::string::npos);
  CHECK(make_error(nullptr).find("this is null") != std::string::npos);
}

TEST_CASE("an entry built in memory is refused what no text could say") {
  CHECK(make_error(Json{{"operation", "ping"}, {"sql", "caf\xE9"}}).find("not UTF-8 from its byte 3") !=
        std::string::npos);
  CHECK(make_error(Json{{"operation", "ping"}, {"caf\xE9", 1}}).find("not UTF-8") != std::string::npos);
  CHECK(make_error(Json{{"operation", "ping"}, {"body", {1, std::numeric_limits<double>::infinity()}}})
            .find("not finite") != std::string::npos);
  CHECK(make_error(Json{{"operation", "ping"}, {"body", Json::binary({1, 2})}}) ==
        "a value that JSON does not know");

  Json deep = 1;
  for (int i = 1; i < json_depth_max; ++i) deep = Json::array({std::move(deep)});
  CHECK(make_error(Json{{"operation", "ping"}, {"body", deep}}) == "accepted");
  deep = Json::array({std::move(deep)});
  CHECK(make_error(Json{{"operation", "ping"}, {"body", deep}}).find("deeper than 64") != std::string::npos);
}
