#include "base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace spoold {

void ensure(bool condition, const char* invariant, const boost::source_location& where) {
  if (condition) return;
  std::fprintf(stderr, "spoold: bug at %s:%u in %s: %s does not hold\n", where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name(), invariant);
  std::abort();
}

}  // namespace spoold
