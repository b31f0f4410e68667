#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One scalar option: its key, what may stand there, and how the text becomes a value. A section of the
// configuration is a list of these; the file and the environment read through the same list. An Option writes
// into the variable it was made with, which must outlive it.

namespace spoold {

struct Option {
  std::string key;
  std::string expected;  // "a duration from 1s to 1h, such as 60s"
  // Takes the value over; or leaves it and says what is wrong with the text ("is too large").
  std::function<std::optional<std::string>(std::string_view)> take;
};

// Bounds of a duration or a size, both included, as a person would write them.
struct Range {
  std::string least;
  std::string most;
  std::string example;
  std::string zero_means;  // "never", where zero is no quantity
};

constexpr const char* long_time =
    "3650d";  // as a bound: far enough, and added to a clock it does not overflow

[[nodiscard]] Option duration_option(std::string key, std::chrono::nanoseconds& value, const Range& range);
[[nodiscard]] Option duration_option(std::string key, std::optional<std::chrono::nanoseconds>& value,
                                     const Range& range);
[[nodiscard]] Option size_option(std::string key, std::uint64_t& value, const Range& range);
[[nodiscard]] Option number_option(std::string key, double& value, double least, double most, double example);
[[nodiscard]] Option flag_option(std::string key, bool& value);

// A text that must not be empty. `expected` is shown to people: "SQL, such as DELETE FROM t WHERE id = ?".
[[nodiscard]] Option text_option(std::string key, std::string& value, std::string expected);

// The path of a file or directory. A relative one is taken from `base`, or left as it is where that is empty.
[[nodiscard]] Option path_option(std::string key, std::string& value, const std::string& base,
                                 std::string expected);

// A whole number from `least` to `most`.
[[nodiscard]] Option count_option(std::string key, std::function<void(std::uint64_t)> set,
                                  std::uint64_t least, std::uint64_t most, std::uint64_t example);
template <class Unsigned>
[[nodiscard]] Option count_option(std::string key, Unsigned& value, Unsigned least, Unsigned most,
                                  Unsigned example) {
  return count_option(std::move(key), std::function<void(std::uint64_t)>{[&value](std::uint64_t number) {
                        value = static_cast<Unsigned>(number);
                      }},
                      std::uint64_t{least}, std::uint64_t{most}, std::uint64_t{example});
}

// One of a few words (lower case; read in any case), each with what it stands for.
[[nodiscard]] Option word_option(std::string key, std::vector<std::string> words,
                                 std::function<void(std::size_t index)> set);
template <class Value>
[[nodiscard]] Option choice_option(std::string key, Value& value,
                                   std::vector<std::pair<std::string, Value>> choices) {
  std::vector<std::string> words;
  for (const auto& choice : choices) words.push_back(choice.first);
  return word_option(
      std::move(key), std::move(words),
      [&value, choices = std::move(choices)](std::size_t index) { value = choices[index].second; });
}

}  // namespace spoold
