#include "entry/bundle.hpp"

#include <catch2/catch.hpp>

using namespace spoold;

namespace {

std::vector<std::pair<std::uint32_t, std::string>> all_lines(std::string_view text) {
  std::vector<std::pair<std::uint32_t, std::string>> lines;
  BundleLines rest(text);
  while (const auto line = rest.next()) lines.emplace_back(line->number, line->text);
  return lines;
}

}  // namespace

TEST_CASE("a bundle's lines are numbered from 1, and empty ones are passed over") {
  using Lines = std::vector<std::pair<std::uint32_t, std::string>>;
  CHECK(all_lines("a\n\n \t\r\nb\nc") == Lines{{1, "a"}, {4, "b"}, {5, "c"}});
  CHECK(all_lines("").empty());
  CHECK(all_lines("\n\n").empty());
  CHECK(all_lines("a\n") == Lines{{1, "a"}});
}

TEST_CASE("the last line of a bundle counts with and without its newline") {
  CHECK(measure_bundle("a\nb").lines == 2);
  CHECK(measure_bundle("a\nb\n").lines == 2);
  CHECK(measure_bundle("a\n\nb\n\n").lines == 4);
  CHECK(measure_bundle("a\n\nb\n\n").entries == 2);
  CHECK(measure_bundle("").lines == 0);
}

TEST_CASE("lines that leave a bundle leave the others their numbers") {
  const std::string left = without_lines("a\nb\nc\nd", {2, 4});
  CHECK(left == "a\n\nc\n\n");
  CHECK(measure_bundle(left).lines == 4);
  CHECK(without_lines(left, {2}) == left);
  CHECK(find_bundle_line(left, 3) == "c");
  CHECK_FALSE(find_bundle_line(left, 2));
  CHECK_FALSE(find_bundle_line(left, 9));
}

TEST_CASE("a line is the entry whose number follows the bundle's") {
  const EntryName bundle = *parse_entry_name("03_00000000000000000100.n5.a2.c1~rows.jsonl");
  CHECK(format_entry_name(line_name(bundle, 1)) == "03_00000000000000000101.a2.c1.json");
  CHECK(format_entry_name(line_name(bundle, 5)) == "03_00000000000000000105.a2.c1.json");
}
