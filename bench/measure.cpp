#include "bench/measure.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "bench/programs.hpp"

namespace spoold::bench {

namespace {

[[noreturn]] void usage(const char* program, const std::string& what) {
  std::fprintf(stderr, "%s: %s\nusage: %s --dir DIR [--entries N] [--rounds N] [--seconds N]\n", program,
               what.c_str(), program);
  std::exit(64);
}

std::optional<std::size_t> read_count(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A number that people read: three digits or so after the leading one, no exponent.
std::string format(double value) {
  std::array<char, 64> text{};
  const int decimals = std::abs(value) >= 1000 ? 0 : std::abs(value) >= 10 ? 1 : 3;
  const int size = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string format(const std::optional<double>& value) {
  return value ? format(*value) : "-";
}

}  // namespace

Options read_options(int argc, char** argv) {
  end_programs_with_this_one();
  Options options;
  struct Count {
    std::string_view name;
    std::size_t least;
    std::size_t& value;
  };
  const std::array<Count, 3> counts{Count{"--entries", 100, options.entries},
                                    Count{"--rounds", 1, options.rounds},
                                    Count{"--seconds", 1, options.seconds}};
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name{argv[i]};
    if (i + 1 == argc) usage(argv[0], std::string{name} + " wants a value, or is not an option");
    if (name == "--dir") {
      options.directory = argv[i + 1];
      continue;
    }
    const auto* const found =
        std::find_if(counts.begin(), counts.end(), [&](const Count& count) { return count.name == name; });
    if (found == counts.end()) usage(argv[0], std::string{name} + " is not an option");
    const auto count = read_count(argv[i + 1]);
    if (!count || *count < found->least)
      usage(argv[0], std::string{name} + " wants a number, " + std::to_string(found->least) + " or more");
    found->value = *count;
  }
  struct stat status {};
  if (options.directory.empty()) usage(argv[0], "--dir is missing");
  if (::stat(options.directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    usage(argv[0], options.directory + " is not a directory");
  options.directory = std::filesystem::canonical(options.directory).string();
  return options;
}

void fail(const std::string& what) {
  end_all(what, 70);
}

double percentile(std::vector<double> values, double share) {
  ensure(!values.empty(), "percentile of nothing");
  std::sort(values.begin(), values.end());
  const double position = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

Figure compare(std::string name, std::string what, std::string unit, const Rounds& rounds, std::string aim) {
  ensure(rounds.spoold.size() == rounds.floor.size(), "each round measures both");
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds.spoold.size(); ++i) ratios.push_back(rounds.spoold[i] / rounds.floor[i]);
  return Figure{.name = std::move(name),
                .what = std::move(what),
                .unit = std::move(unit),
                .value = median(rounds.spoold),
                .floor = median(rounds.floor),
                .ratio = median(std::move(ratios)),
                .aim = std::move(aim)};
}

void report(const Figure& figure) {
  std::printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", figure.name.c_str(), figure.what.c_str(),
              format(figure.value).c_str(), figure.unit.c_str(), format(figure.floor).c_str(),
              format(figure.ratio).c_str(), figure.aim.empty() ? "-" : figure.aim.c_str());
  std::fflush(stdout);
}

}  // namespace spoold::bench
