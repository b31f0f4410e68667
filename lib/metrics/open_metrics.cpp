#include "metrics/open_metrics.hpp"

#include <array>
#include <charconv>

namespace spoold {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void OpenMetricsText::family(std::string_view name, std::string_view type, std::string_view unit,
                             std::string_view help) {
  name_ = name;
  type_ = type;
  text_ += "# TYPE " + name_ + " " + type_ + "\n";
  if (!unit.empty()) text_ += "# UNIT " + name_ + " " + std::string(unit) + "\n";
  text_ += "# HELP " + name_ + " " + escaped(help) + "\n";
}

void OpenMetricsText::sample(const Labels& labels, double value) {
  std::array<char, 40> buffer{};
  const auto [end, problem] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 3);
  sample(labels, std::string(buffer.data(), problem == std::errc{} ? end : buffer.data()));
}

void OpenMetricsText::sample(const Labels& labels, std::uint64_t value) {
  sample(labels, std::to_string(value));
}

void OpenMetricsText::states(const Labels& labels, std::initializer_list<std::string_view> all,
                             std::string_view current) {
  for (const std::string_view state : all) {
    Labels with_state = labels;
    with_state.emplace_back(name_, state);
    sample(with_state, std::uint64_t{state == current ? 1U : 0U});
  }
}

void OpenMetricsText::sample(const Labels& labels, const std::string& value) {
  text_ += name_;
  if (type_ == "counter") text_ += "_total";
  char before = '{';
  for (const Labels* some : {&std::as_const(always_), &labels}) {
    for (const auto& [label, content] : *some) {
      text_ += before + label + "=\"" + escaped(content) + "\"";
      before = ',';
    }
  }
  if (before == ',') text_ += '}';
  text_ += " " + value + "\n";
}

std::string OpenMetricsText::finish() && {
  return std::move(text_) + "# EOF\n";
}

}  // namespace spoold
