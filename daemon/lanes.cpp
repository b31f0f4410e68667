#include "daemon/lanes.hpp"

#include <algorithm>

#include "backend/command_backend.hpp"
#include "backend/http_backend.hpp"
#include "base/ensure.hpp"

namespace spoold {

namespace {

// A backend of each type, with the pauses its lane makes while it is unavailable.
class BackendBuilder {
 public:
  struct Built {
    std::unique_ptr<Backend> backend;
    BreakerOptions breaker;
    const char* type = "";
  };

  BackendBuilder(const boost::asio::any_io_executor& loop, const Clock& clock, std::string queue_directory)
      : loop_(loop), clock_(clock), queue_directory_(std::move(queue_directory)) {}

  Built operator()(const SqliteOptions& options) const {
    // A file on this machine costs little to look at: it is in use again soon after it was mended.
    const BreakerOptions breaker{.max = std::chrono::seconds{5}};
    return {std::make_unique<SqliteBackend>(loop_, clock_, options), breaker, "sqlite"};
  }

  Built operator()(const HttpOptions& options) const {
    return {std::make_unique<HttpBackend>(loop_, clock_, options), BreakerOptions{}, "http"};
  }

  Built operator()(CommandOptions options) const {
    options.queue = queue_directory_;
    return {std::make_unique<CommandBackend>(loop_, clock_, std::move(options)), BreakerOptions{}, "command"};
  }

 private:
  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  std::string queue_directory_;
};

}  // namespace

LaneFactory::Made LaneFactory::make_one(const BackendConfig& backend,
                                        const std::string& queue_directory) const {
  const auto before = std::find_if(made_.begin(), made_.end(),
                                   [&](const Made& made) { return made.config.name == backend.name; });
  if (before != made_.end() && before->config.options == backend.options) {
    before->lane->limit(backend.lane);
    before->lane->opened = false;  // files that its options name (secrets, templates) are read again
    return {backend, before->lane};
  }
  auto built = std::visit(BackendBuilder{loop_, *clock_, queue_directory}, backend.options);
  auto lane = std::make_shared<Lane>(backend.name, std::move(built.backend), built.breaker, backend.lane);
  lane->type = built.type;
  if (before != made_.end()) lane->follow(before->lane);
  return {backend, std::move(lane)};
}

std::vector<std::shared_ptr<Lane>> LaneFactory::make(const Config& config) {
  std::vector<Made> made;
  std::vector<std::shared_ptr<Lane>> lanes;
  for (const BackendConfig& backend : config.backends) {
    made.push_back(make_one(backend, config.queue_directory));
    lanes.push_back(made.back().lane);
  }
  made_ = std::move(made);
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
