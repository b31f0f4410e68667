#include "line_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace spoold {

Result<std::optional<LineReader::Line>> LineReader::next() {
  Line line;
  line.number = ++number_;
  bool any = false;
  while (true) {
    if (begin_ == end_) {
      const auto more = fill();
      if (!more) return more.error();
      if (!*more) return any ? std::optional(std::move(line)) : std::nullopt;
    }
    any = true;
    const auto* const begin = buffer_.data() + begin_;
    const auto* const end = buffer_.data() + end_;
    const auto* const newline = std::find(begin, end, '\n');
    const auto count = static_cast<std::size_t>(newline - begin);
    line.too_long = line.too_long || line.text.size() + count > bytes_max_;
    if (line.too_long) {
      line.text.clear();
    } else {
      line.text.append(begin, count);
    }
    begin_ += count;
    if (newline == end) continue;
    ++begin_;
    return std::optional(std::move(line));
  }
}

Result<bool> LineReader::fill() {
  while (true) {
    const auto count = ::read(descriptor_, buffer_.data(), buffer_.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "read", what_);
    begin_ = 0;
    end_ = static_cast<std::size_t>(count);
    return count > 0;
  }
}

}  // namespace spoold
