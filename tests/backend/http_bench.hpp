#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/http_backend.hpp"
#include "support/http_server.hpp"

namespace spoold::test {

// Wall time stands still; monotonic time is the system's.
class StillClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override { return wall; }
  [[nodiscard]] MonotonicTime monotonic_now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall{std::chrono::seconds{1'767'328'963}};
};

// An HttpBackend and the loop it runs on. Options are at their defaults but for `change`.
class HttpBench {
 public:
  using Change = std::function<void(HttpOptions&)>;
  explicit HttpBench(const std::string& url, const Change& change = {});
  // On the loop of another, as lanes of one daemon are.
  HttpBench(const HttpBench& beside, const std::string& url, const Change& change = {});
  HttpBench(const HttpBench&) = delete;
  HttpBench& operator=(const HttpBench&) = delete;
  ~HttpBench();

  // An attempt at an entry with this `body`, and the key, if any.
  [[nodiscard]] Outcome attempt(const std::string& body = "null", const std::string& key = "");
  // The same for a whole document.
  [[nodiscard]] Outcome attempt_document(const std::string& document);
  // Likewise, as text: "done", "retry: why", "unavailable: why", "reject and pause: why".
  [[nodiscard]] std::string run(const std::string& body = "null", const std::string& key = "");
  // The receipt of an attempt that must be done.
  [[nodiscard]] Json receipt(const std::string& body = "null");
  // Several attempts, all begun at once; `meanwhile` is called when they have been.
  [[nodiscard]] std::vector<std::string> run_at_once(std::size_t count,
                                                     const std::function<void()>& meanwhile = {});
  // "" when open, else the reason.
  [[nodiscard]] std::string open();
  // Runs whatever is ready on the loop.
  void poll();
  // Runs the loop until `condition` holds; for at most half a minute.
  void run_until(const std::function<bool()>& condition);

  static std::string describe(const Outcome& outcome);

  [[nodiscard]] std::uint64_t last_seq() const { return seq_; }
  [[nodiscard]] std::size_t ended() const { return ended_; }  // attempts
  [[nodiscard]] HttpBackend& backend() { return *backend_; }
  StillClock clock;
  // Of the next attempts.
  std::optional<std::chrono::nanoseconds> timeout;
  std::optional<std::string> template_file;

 private:
  struct Running;
  struct Loop;
  HttpBench(std::shared_ptr<Loop> loop, const std::string& url, const Change& change);
  [[nodiscard]] std::shared_ptr<Running> begin(const std::string& document);

  std::shared_ptr<Loop> loop_;
  std::unique_ptr<HttpBackend> backend_;
  std::uint64_t seq_ = 1'767'328'000'000'000'000;
  std::size_t ended_ = 0;
};

}  // namespace spoold::test
