#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spoold {

// Writes OpenMetrics 1.0 text: families with TYPE, UNIT and HELP, then their samples, at the end "# EOF".
class OpenMetricsText {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // `always`: labels of every sample.
  explicit OpenMetricsText(Labels always) : always_(std::move(always)) {}

  // Begins a family; `unit` is also the end of its name, or empty.
  void family(std::string_view name, std::string_view type, std::string_view unit, std::string_view help);
  // A sample of the family; its name gets the ending that its type asks for.
  void sample(const Labels& labels, double value);
  void sample(const Labels& labels, std::uint64_t value);
  // All states of a stateset, of which one holds.
  void states(const Labels& labels, std::initializer_list<std::string_view> all, std::string_view current);

  // The text, ended; once only.
  [[nodiscard]] std::string finish() &&;

 private:
  void sample(const Labels& labels, const std::string& value);

  Labels always_;
  std::string name_;
  std::string type_;
  std::string text_;
};

}  // namespace spoold
