#pragma once

#include <boost/assert/source_location.hpp>
#include <cstdint>
#include <string_view>

namespace spoold::fuzz {

// What a target finds broken leaves it as an exception: libFuzzer keeps the input, the replay names its file.
void must(bool holds, const char* property, const boost::source_location& where = BOOST_CURRENT_LOCATION);

// Fit to be shown in one line to a person: not empty, UTF-8, no control characters, not without end.
void must_be_one_line(std::string_view text, const boost::source_location& where = BOOST_CURRENT_LOCATION);

// A number that the input alone decides (FNV-1a): it picks what a target does besides.
[[nodiscard]] std::uint64_t hash_of(std::string_view input);

}  // namespace spoold::fuzz
