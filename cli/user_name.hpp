#pragma once

#include <string>

namespace spoold {

// Who runs this, for people: "ada", "root (for ada)" by way of sudo, "uid 1000" where there is no name. At
// most 100 bytes.
[[nodiscard]] std::string user_name();

}  // namespace spoold
