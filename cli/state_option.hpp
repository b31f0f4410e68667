#pragma once

#include <array>
#include <string>
#include <vector>

#include "store/queue_layout.hpp"

namespace spoold {

// Every state as it is listed: what goes on first and what is over last.
constexpr std::array list_order{State::processing, State::pending,   State::deferred, State::failed,
                                State::corrupt,    State::cancelled, State::completed};

// The help of a STATE argument: all the words.
[[nodiscard]] std::string state_words();

// A STATE as typed. Kind invalid: "no state 'x'; did you mean 'y'?"
[[nodiscard]] Result<State> parse_state_option(const std::string& typed);

}  // namespace spoold
