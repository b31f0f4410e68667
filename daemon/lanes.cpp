#include "daemon/lanes.hpp"

#include <algorithm>

#include "base/ensure.hpp"

namespace spoold {

std::vector<std::unique_ptr<Lane>> make_lanes(const Config& config, const boost::asio::any_io_executor& loop,
                                              const Clock& clock) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const BackendConfig& backend : config.backends) {
    auto made = std::visit(
        [&](const SqliteOptions& options) -> std::unique_ptr<Backend> {
          return std::make_unique<SqliteBackend>(loop, clock, options);
        },
        backend.options);
    lanes.push_back(std::make_unique<Lane>(backend.name, std::move(made)));
  }
  return lanes;
}

std::shared_ptr<const Router> make_router(const Config& config) {
  std::vector<Router::Route> routes;
  for (const RouteOptions& options : config.routes) {
    const auto found =
        std::find_if(config.backends.begin(), config.backends.end(),
                     [&](const BackendConfig& backend) { return backend.name == options.backend; });
    ensure(found != config.backends.end(), "every route of a checked configuration leads to a backend");
    routes.push_back({static_cast<std::size_t>(found - config.backends.begin()), options});
  }
  return std::make_shared<const Router>(std::move(routes));
}

}  // namespace spoold
