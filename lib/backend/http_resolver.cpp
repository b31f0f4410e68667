#include "backend/http_resolver.hpp"

#include <netdb.h>

#include <cerrno>
#include <cstring>

namespace spoold {

using boost::asio::ip::tcp;

namespace {

HttpAddresses look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  HttpAddresses found;
  const int problem = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  if (problem != 0) {
    found.trouble = problem == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(problem);
    return found;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{first, &::freeaddrinfo};
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoint.resize(each->ai_addrlen);
    found.endpoints.push_back(endpoint);
  }
  return found;
}

}  // namespace

bool HttpResolver::resolve(std::string host, std::uint16_t port, const std::shared_ptr<void>& asker,
                           std::function<void(HttpAddresses)> done) {
  auto ask = [host = std::move(host), port, done = std::move(done)]() -> LooseThreads::Then {
    return [found = look_up(host, port), done] { done(found); };
  };
  return threads_.run(asker, std::move(ask));
}

}  // namespace spoold
