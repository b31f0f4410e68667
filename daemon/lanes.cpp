#include "daemon/lanes.hpp"

#include <algorithm>

#include "base/ensure.hpp"

namespace spoold {

namespace {

// A backend of each type, with the pauses its lane makes while it is unavailable.
class BackendBuilder {
 public:
  struct Built {
    std::unique_ptr<Backend> backend;
    BreakerOptions breaker;
  };

  BackendBuilder(const boost::asio::any_io_executor& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

  Built operator()(const SqliteOptions& options) const {
    // A file on this machine costs little to look at: it is in use again soon after it was mended.
    const BreakerOptions breaker{.max = std::chrono::seconds{5}};
    return {std::make_unique<SqliteBackend>(loop_, clock_, options), breaker};
  }

 private:
  boost::asio::any_io_executor loop_;
  const Clock& clock_;
};

}  // namespace

std::vector<std::unique_ptr<Lane>> make_lanes(const Config& config, const boost::asio::any_io_executor& loop,
                                              const Clock& clock) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const BackendConfig& backend : config.backends) {
    auto built = std::visit(BackendBuilder{loop, clock}, backend.options);
    lanes.push_back(std::make_unique<Lane>(backend.name, std::move(built.backend), built.breaker));
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
