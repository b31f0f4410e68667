#include "user_name.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "entry/entry_name.hpp"

namespace spoold {

std::string user_name() {
  constexpr std::size_t bytes_max = 100;
  const uid_t user = ::geteuid();
  const passwd* known = ::getpwuid(user);
  std::string name = known != nullptr ? known->pw_name : "uid " + std::to_string(user);
  const char* asked = std::getenv("SUDO_USER");
  if (user == 0 && asked != nullptr && *asked != '\0') name += " (for " + std::string(asked) + ")";
  return printable(name).substr(0, bytes_max);
}

}  // namespace spoold
