#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "backend/backend.hpp"
#include "backend/http_options.hpp"
#include "os/clock.hpp"

namespace spoold {

// Sends each entry as one HTTP request. Verdicts, and what a request is made of, in docs/http.md. Everything
// runs on the loop's thread (HttpResolver's look-ups aside); limits on time, bytes and connections hold
// whatever the other side does. At least once: the same Idempotency-Key in every attempt, never two attempts
// at a time.
class HttpBackend final : public Backend {
 public:
  // The loop's context and the clock must outlive the backend. Destroy it only when nothing awaits it.
  HttpBackend(boost::asio::any_io_executor loop, const Clock& clock, HttpOptions options);
  ~HttpBackend() override;

  // Reads the files that the options name; unavailable if one cannot be. Connects to nothing.
  [[nodiscard]] boost::asio::awaitable<std::optional<Unavailable>> open() override;
  [[nodiscard]] boost::asio::awaitable<std::vector<Outcome>> perform(std::vector<Attempt> batch) override;
  [[nodiscard]] std::size_t batch_max() const override { return 1; }
  [[nodiscard]] std::size_t concurrency() const override;
  [[nodiscard]] bool remembers() const override { return false; }
  [[nodiscard]] std::chrono::nanoseconds wait_max() const override;  // retry_after_max
  void stop() override;
  // Closes the connection of its call: the server may or may not have acted on what it read.
  void interrupt(std::uint64_t seq) override;
  [[nodiscard]] boost::asio::awaitable<void> maintain(WallTime now, std::uint64_t oldest_live) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spoold
