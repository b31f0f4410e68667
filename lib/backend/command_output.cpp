#include "backend/command_output.hpp"

#include <algorithm>
#include <vector>

#include "backend/http_base64.hpp"
#include "entry/entry_name.hpp"
#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::size_t lines_shown = 3;
constexpr std::size_t line_bytes_shown = 300;
constexpr const char* blanks = " \t\r\n";

// Without the beginning of a character whose rest was left out.
std::string_view without_cut_end(std::string_view text) {
  std::size_t back = 0;
  while (back < 3 && back < text.size() &&
         (static_cast<unsigned char>(text[text.size() - 1 - back]) & 0xC0) == 0x80)
    ++back;
  if (back == text.size()) return text;
  const std::string_view last = text.substr(text.size() - 1 - back);
  const bool begins_character = (static_cast<unsigned char>(last.front()) & 0xC0) == 0xC0;
  return begins_character && utf8_character(last) == 0 ? text.substr(0, text.size() - last.size()) : text;
}

// Without the rest of a character whose beginning was left out.
std::string_view without_cut_begin(std::string_view text) {
  std::size_t front = 0;
  while (front < 3 && front < text.size() && (static_cast<unsigned char>(text[front]) & 0xC0) == 0x80)
    ++front;
  return text.substr(front);
}

}  // namespace

CommandOutput::CommandOutput(std::uint64_t bytes_max)
    : head_max_(static_cast<std::size_t>(bytes_max - bytes_max / 2)),
      tail_max_(static_cast<std::size_t>(bytes_max / 2)) {}

void CommandOutput::add(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t for_head = std::min(bytes.size(), head_max_ - head_.size());
  head_.append(bytes.substr(0, for_head));
  bytes.remove_prefix(for_head);
  if (bytes.size() > tail_max_) bytes.remove_prefix(bytes.size() - tail_max_);
  if (tail_.size() + bytes.size() > 2 * tail_max_) tail_.erase(0, tail_.size() + bytes.size() - tail_max_);
  tail_.append(bytes);
}

bool CommandOutput::truncated() const {
  return total_ > head_max_ + tail_max_;
}

std::string_view CommandOutput::tail() const {
  return std::string_view{tail_}.substr(tail_.size() - std::min(tail_.size(), tail_max_));
}

std::string CommandOutput::text() const {
  if (!truncated()) return head_ + std::string(tail());
  const std::string_view first = without_cut_end(head_);
  const std::string_view last = without_cut_begin(tail());
  const std::uint64_t missing = total_ - first.size() - last.size();
  return std::string(first) + "\n[" + std::to_string(missing) + " bytes left out]\n" + std::string(last);
}

std::string CommandOutput::last_lines() const {
  const std::string all = text();
  std::string_view rest = all;
  std::vector<std::string> lines;
  while (lines.size() < lines_shown) {
    const std::size_t end = rest.find_last_not_of(blanks);
    if (end == std::string_view::npos) break;
    rest = rest.substr(0, end + 1);
    const std::size_t line_break = rest.find_last_of('\n');
    const std::size_t begin = line_break == std::string_view::npos ? 0 : line_break + 1;
    lines.push_back(printable(cut_utf8(rest.substr(begin), line_bytes_shown)));
    rest = rest.substr(0, begin);
  }
  std::string joined;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    joined += (joined.empty() ? "" : " / ") + *line;
  return joined;
}

void add_output(Json& receipt, const std::string& name, const CommandOutput& output) {
  if (output.bytes_total() == 0) return;
  std::string text = output.text();
  if (find_invalid_utf8(text) == std::string::npos) {
    receipt[name] = std::move(text);
  } else {
    receipt[name] = to_base64(text);
    receipt[name + "_encoding"] = "base64";
  }
  if (!output.truncated()) return;
  receipt[name + "_truncated"] = true;
  receipt[name + "_bytes"] = output.bytes_total();
}

}  // namespace spoold
