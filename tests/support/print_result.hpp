#pragma once

#include <catch2/catch.hpp>

#include "base/result.hpp"

// `REQUIRE(result)` then prints the error that stood in the way.
template <class T>
struct Catch::StringMaker<spoold::Result<T>> {
  static std::string convert(const spoold::Result<T>& result) {
    return result ? "a value" : result.error().message();
  }
};
