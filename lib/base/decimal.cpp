#include "base/decimal.hpp"

#include <charconv>
#include <cmath>

namespace spoold {

namespace {

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') ++length;
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

// One division of two exact numbers, so that the result is the nearest double.
double fraction_of(std::string_view digits) {
  constexpr std::size_t exact_digits = 15;
  double numerator = 0;
  double denominator = 1;
  for (const char c : digits.substr(0, exact_digits)) {
    numerator = numerator * 10 + (c - '0');
    denominator *= 10;
  }
  return numerator / denominator;
}

}  // namespace

std::optional<Decimal> take_decimal(std::string_view& text) {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  Decimal number;
  number.fraction = fraction_of(fraction);
  if (!whole.empty()) {
    const auto [end, problem] = std::from_chars(whole.data(), whole.data() + whole.size(), number.whole);
    if (problem != std::errc{}) return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> scale(const Decimal& number, std::uint64_t unit) {
  const auto part = static_cast<std::uint64_t>(std::llround(number.fraction * static_cast<double>(unit)));
  std::uint64_t product = 0;
  std::uint64_t sum = 0;
  if (__builtin_mul_overflow(number.whole, unit, &product) || __builtin_add_overflow(product, part, &sum))
    return std::nullopt;
  return sum;
}

}  // namespace spoold
