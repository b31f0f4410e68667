#include "entry/outcome.hpp"

#include <array>

namespace spoold {

std::string_view to_string(const Outcome& outcome) {
  static constexpr std::array<std::string_view, std::variant_size_v<Outcome>> words{
      "done", "retry", "reject", "unavailable", "interrupted"};
  return words.at(outcome.index());
}

}  // namespace spoold
