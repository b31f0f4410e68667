#include "entry/bundle.hpp"

#include "base/ensure.hpp"

namespace spoold {

namespace {

bool is_empty(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Takes the first line off, without its newline.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

}  // namespace

std::optional<BundleLines::Line> BundleLines::next() {
  while (!rest_.empty()) {
    const std::string_view text = take_line(rest_);
    ++number_;
    if (!is_empty(text)) return Line{number_, text};
  }
  return std::nullopt;
}

BundleShape measure_bundle(std::string_view text) {
  BundleShape shape;
  while (!text.empty()) {
    ++shape.lines;
    if (!is_empty(take_line(text))) ++shape.entries;
  }
  return shape;
}

std::optional<std::string_view> find_bundle_line(std::string_view text, std::uint32_t number) {
  BundleLines lines(text);
  while (const auto line = lines.next()) {
    if (line->number == number) return line->text;
    if (line->number > number) break;
  }
  return std::nullopt;
}

std::string without_lines(std::string_view text, const std::vector<std::uint32_t>& numbers) {
  std::string left;
  left.reserve(text.size());
  auto next = numbers.begin();
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (next != numbers.end() && *next == number) {
      ++next;
    } else {
      left += line;
    }
    left += '\n';
  }
  return left;
}

EntryName line_name(const EntryName& bundle, std::uint32_t number) {
  ensure(number >= 1 && number <= bundle.lines, "a bundle's lines are counted from 1");
  EntryName name;
  name.priority = bundle.priority;
  name.seq = bundle.seq + number;
  name.attempts = bundle.attempts;
  name.crashes = bundle.crashes;
  return name;
}

}  // namespace spoold
