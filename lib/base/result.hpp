#pragma once

#include <boost/system/result.hpp>
#include <utility>

#include "base/ensure.hpp"
#include "base/error.hpp"

namespace spoold {

// Found by boost::system::result when value() is called on an error: asking for a value that is not there is
// a bug.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  ensure(false, error.message().c_str());
  std::abort();
}

// A value or the Error that stood in its way. Test it (`if (!result)`), then read `*result` or
// `result.error()`. Stands in for std::expected, which C++20 does not have.
template <class T = void>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

}  // namespace spoold

// Returns from the enclosing function with the error of `expression`, if it has one.
#define SPOOLD_TRY(expression)                                                 \
  do {                                                                         \
    if (auto spoold_try_result = (expression); !spoold_try_result.has_value()) \
      return std::move(spoold_try_result).error();                             \
  } while (false)
