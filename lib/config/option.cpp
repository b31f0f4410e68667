#include "config/option.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/duration.hpp"
#include "base/ensure.hpp"
#include "base/size.hpp"
#include "config/nearest.hpp"

namespace spoold {

namespace {

using Problem = std::optional<std::string>;

std::string describe(std::string_view kind, const Range& range) {
  std::string text{kind};
  text += " from " + range.least;
  if (!range.zero_means.empty()) text += " (" + range.zero_means + ")";
  return text + " to " + range.most + ", such as " + range.example;
}

bool is_bare_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

// The value of `text` into `set`, if `parse` knows it and it lies in the range.
template <class Value>
Problem take_in_range(Result<Value> (*parse)(std::string_view), const Range& range, std::string_view text,
                      std::string_view kind, const std::function<void(Value)>& set) {
  const auto least = parse(range.least);
  const auto most = parse(range.most);
  ensure(least.has_value() && most.has_value(), "the bounds of an option can be read");
  const auto value = parse(text);
  if (!value) return "is no " + std::string(kind);
  if (*value < *least) return "is too small";
  if (*value > *most) return "is too large";
  set(*value);
  return std::nullopt;
}

Option any_duration(std::string key, std::function<void(std::chrono::nanoseconds)> set, const Range& range) {
  return {std::move(key), describe("a duration", range),
          [range, set = std::move(set)](std::string_view text) -> Problem {
            if (is_bare_number(text) && text != "0") return "has no unit";
            return take_in_range<std::chrono::nanoseconds>(parse_duration, range, text, "duration", set);
          }};
}

std::string in_short(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// What makes any text unfit to be kept as it is.
Problem refuse_text(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n;") == std::string_view::npos) return "is empty";
  if (text.find('\0') != std::string_view::npos) return "holds a NUL byte";
  return std::nullopt;
}

}  // namespace

Option duration_option(std::string key, std::chrono::nanoseconds& value, const Range& range) {
  return any_duration(
      std::move(key), [&value](std::chrono::nanoseconds taken) { value = taken; }, range);
}

Option duration_option(std::string key, std::optional<std::chrono::nanoseconds>& value, const Range& range) {
  return any_duration(
      std::move(key), [&value](std::chrono::nanoseconds taken) { value = taken; }, range);
}

Option size_option(std::string key, std::uint64_t& value, const Range& range) {
  return {std::move(key), describe("a size", range), [range, &value](std::string_view text) {
            return take_in_range<std::uint64_t>(parse_size, range, text, "size",
                                                [&value](std::uint64_t taken) { value = taken; });
          }};
}

Option number_option(std::string key, double& value, double least, double most, double example) {
  return {std::move(key),
          "a number from " + in_short(least) + " to " + in_short(most) + ", such as " + in_short(example),
          [=, &value](std::string_view text) -> Problem {
            double number = 0;
            const char* const text_end = text.data() + text.size();
            const auto [end, problem] = std::from_chars(text.data(), text_end, number);
            if (problem != std::errc{} || end != text_end || !std::isfinite(number)) return "is no number";
            if (number < least) return "is too small";
            if (number > most) return "is too large";
            value = number;
            return std::nullopt;
          }};
}

Option flag_option(std::string key, bool& value) {
  return choice_option<bool>(
      std::move(key), value,
      {{"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"on", true}, {"off", false}});
}

Option text_option(std::string key, std::string& value, std::string expected) {
  return {std::move(key), std::move(expected), [&value](std::string_view text) {
            Problem problem = refuse_text(text);
            if (!problem) value = text;
            return problem;
          }};
}

Option path_option(std::string key, std::string& value, const std::string& base, std::string expected) {
  return {std::move(key), std::move(expected), [&value, base](std::string_view text) -> Problem {
            if (Problem problem = refuse_text(text)) return problem;
            if (text.starts_with("~/")) return "is not expanded (write the home directory out)";
            const std::filesystem::path path{text};
            const bool from_base = path.is_relative() && !base.empty();
            value = from_base ? (base / path).lexically_normal().string() : path.string();
            return std::nullopt;
          }};
}

Option count_option(std::string key, std::function<void(std::uint64_t)> set, std::uint64_t least,
                    std::uint64_t most, std::uint64_t example) {
  return {std::move(key),
          "a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", such as " +
              std::to_string(example),
          [=, set = std::move(set)](std::string_view text) -> Problem {
            std::uint64_t number = 0;
            const char* const text_end = text.data() + text.size();
            const auto [end, problem] = std::from_chars(text.data(), text_end, number);
            if (end != text_end || problem == std::errc::invalid_argument) return "is no whole number";
            if (number < least) return "is too small";
            if (number > most || problem != std::errc{}) return "is too large";
            set(number);
            return std::nullopt;
          }};
}

Option word_option(std::string key, std::vector<std::string> words,
                   std::function<void(std::size_t index)> set) {
  std::string expected = any_of(words);
  return {std::move(key), std::move(expected),
          [words = std::move(words), set = std::move(set)](std::string_view text) -> Problem {
            std::string lower{text};
            for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            const auto found = std::find(words.begin(), words.end(), lower);
            if (found != words.end()) {
              set(static_cast<std::size_t>(found - words.begin()));
              return std::nullopt;
            }
            const auto meant = nearest(lower, words);
            return meant ? "is unknown (did you mean " + in_quotes(*meant) + "?)" : std::string{"is unknown"};
          }};
}

}  // namespace spoold
