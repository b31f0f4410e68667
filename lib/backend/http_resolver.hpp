#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/loose_threads.hpp"

namespace spoold {

// What a look-up found: endpoints, or why there are none.
struct HttpAddresses {
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;
  std::string trouble;
};

// Looks names up for one backend. The system's resolver blocks, for as long as its name servers let it, and
// cannot be stopped; Asio's own has one thread for a whole loop, where a name that hangs in one lane would
// stop all others. Called on the loop's thread.
class HttpResolver {
 public:
  HttpResolver(const boost::asio::any_io_executor& loop, std::size_t threads_max)
      : threads_(loop, threads_max) {}

  // Calls `done` on the loop when it is known, unless the resolver or `asker` has gone before. Where `asker`
  // has gone before its turn comes nothing is looked up. False: no thread is to be had for it.
  [[nodiscard]] bool resolve(std::string host, std::uint16_t port, const std::shared_ptr<void>& asker,
                             std::function<void(HttpAddresses)> done);

 private:
  LooseThreads threads_;
};

}  // namespace spoold
