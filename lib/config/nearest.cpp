#include "config/nearest.hpp"

#include <algorithm>
#include <numeric>

namespace spoold {

namespace {

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t length_max = 64;  // nothing we know is longer, and the search is quadratic
  if (word.empty() || word.size() > length_max) return std::nullopt;
  const std::string* best = nullptr;
  std::size_t best_distance = (word.size() < 2 ? 0 : word.size() < 6 ? 1 : 2) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(word, candidate);
    if (far >= best_distance) continue;
    best = &candidate;
    best_distance = far;
  }
  if (best != nullptr) return *best;
  const auto contains_word = [&](const std::string& candidate) {
    return word.size() >= 3 && candidate.find(word) != std::string::npos;
  };
  if (std::count_if(candidates.begin(), candidates.end(), contains_word) != 1) return std::nullopt;
  return *std::find_if(candidates.begin(), candidates.end(), contains_word);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t length_max = 80;
  return "'" + std::string{text.substr(0, length_max)} + (text.size() > length_max ? "...'" : "'");
}

std::string any_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace spoold
