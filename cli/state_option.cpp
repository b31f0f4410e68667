#include "state_option.hpp"

#include "config/nearest.hpp"

namespace spoold {

namespace {

std::vector<std::string> words() {
  std::vector<std::string> names;
  for (const State state : list_order) names.emplace_back(to_string(state));
  return names;
}

}  // namespace

std::string state_words() {
  return any_of(words());
}

Result<State> parse_state_option(const std::string& typed) {
  if (const auto state = parse_state(typed)) return *state;
  const auto meant = nearest(typed, words());
  return Error{ErrorKind::invalid,
               "no state " + in_quotes(typed) +
                   (meant ? "; did you mean '" + *meant + "'?" : "; there are " + state_words())};
}

}  // namespace spoold
