#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace spoold {

namespace {

constexpr std::size_t columns_default = 80;
constexpr std::size_t columns_min = 40;

bool set_and_not_empty(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

const char* code(Colour colour) {
  switch (colour) {
    case Colour::plain:
      return "";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
  }
  return "";
}

bool begins_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

}  // namespace

Terminal Terminal::of(int descriptor) {
  Terminal terminal;
  if (::isatty(descriptor) == 0) return terminal;
  terminal.is_terminal_ = true;
  const char* kind = std::getenv("TERM");
  terminal.colours_ = !set_and_not_empty("NO_COLOR") && kind != nullptr && std::string_view(kind) != "dumb";
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  terminal.columns_ = known ? std::max<std::size_t>(size.ws_col, columns_min) : columns_default;
  return terminal;
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  if (!colours_ || colour == Colour::plain) return std::string(text);
  return code(colour) + std::string(text) + "\x1b[0m";
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string pad(std::string_view text, std::size_t columns) {
  std::string padded(text);
  padded.append(columns - std::min(columns, width(text)), ' ');
  return padded;
}

std::string pad_left(std::string_view text, std::size_t columns) {
  return std::string(columns - std::min(columns, width(text)), ' ').append(text);
}

std::string cut(std::string_view text, std::size_t columns) {
  if (width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t bytes = 0;
  for (std::size_t taken = 0; taken < columns; ++taken) {
    if (taken == columns - 1) break;
    do {
      ++bytes;
    } while (bytes < text.size() && !begins_code_point(text[bytes]));
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines{""};
  while (true) {
    const auto end = text.find(' ');
    const auto word = text.substr(0, end);
    if (lines.back().empty()) {
      lines.back() = word;
    } else if (columns - std::min(columns, width(lines.back())) > width(word)) {
      (lines.back() += ' ') += word;
    } else {
      lines.emplace_back(word);
    }
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string group_digits(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, ",");
  }
  return digits;
}

std::string count_entries(std::uint64_t number) {
  return number == 1 ? "1 entry" : group_digits(number) + " entries";
}

std::string count_of(std::uint64_t number, std::string_view what) {
  return group_digits(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

}  // namespace spoold
