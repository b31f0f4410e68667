#pragma once

#include <memory>
#include <vector>

#include "config/config.hpp"
#include "worker/lane.hpp"
#include "worker/router.hpp"

namespace spoold {

// The lanes and routes of a configuration, built. REQUIRES: the configuration was checked: every route's
// backend exists.
[[nodiscard]] std::vector<std::unique_ptr<Lane>> make_lanes(const Config& config,
                                                            const boost::asio::any_io_executor& loop,
                                                            const Clock& clock);
[[nodiscard]] std::shared_ptr<const Router> make_router(const Config& config);

}  // namespace spoold
