#include "number_option.hpp"

#include "entry/entry_name.hpp"

namespace spoold {

namespace {

constexpr std::size_t digits_max = 15;

}  // namespace

CLI::Validator whole_number() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        if (digits && text.size() <= digits_max) return {};
        return "'" + printable(text) + "' is no such number; expected a whole number, 0 or more";
      },
      "");
}

}  // namespace spoold
