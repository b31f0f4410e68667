#pragma once

#include <string>
#include <vector>

namespace spoold {

// Every key the reader knows, as a path: "worker.idle_exit"; a backend's under its type,
// "backends.sqlite.batch"; a route's as "routes[0].backend". What config/spoold.yaml and
// docs/configuration.md must mention.
[[nodiscard]] std::vector<std::string> known_config_keys();

// Every environment variable read along with a file; SPOOLD_CONFIG aside.
[[nodiscard]] std::vector<std::string> known_config_variables();

}  // namespace spoold
