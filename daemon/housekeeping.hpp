#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>

#include "config/config.hpp"
#include "daemon/log.hpp"
#include "os/clock.hpp"
#include "store/cleanup.hpp"

namespace spoold {

// What the daemon does for others beside its work: keeps what is over within its limits (once an hour), and
// tells producers and collectors how things stand (level.json, the metrics file). All file work is done on a
// thread of its own, so that neither the loop nor the store ever waits for it, and costs nothing while
// nothing happens. Faults are told once and tried again; none stops the work. Lives on the loop's thread.
class Housekeeping {
 public:
  // All must outlive it. `store`: the thread of the queue's file work. `archive`: archive/, opened; nothing
  // where it could not be.
  Housekeeping(boost::asio::any_io_executor loop, boost::asio::any_io_executor store, FileSystem& files,
               const QueueLayout& layout, std::optional<Directory> archive, const Clock& clock, Log& log,
               const Config& config);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // Begins the hourly cleanup.
  void start();
  // So many entries wait now; cheap, to be called at every turn.
  void note_waiting(std::uint64_t waiting);
  // Something happened that the metrics may show.
  void note_event();
  void reconfigure(const Config& config);

  // After the loop has ended: waits for the thread, and writes level and metrics a last time.
  void finish();

 private:
  [[nodiscard]] boost::asio::awaitable<void> keep_clean();
  [[nodiscard]] boost::asio::awaitable<void> clean_once();
  [[nodiscard]] boost::asio::awaitable<void> renew_staging_after(std::uint64_t files_removed);
  [[nodiscard]] boost::asio::awaitable<void> keep_level();
  [[nodiscard]] boost::asio::awaitable<void> keep_metrics();
  [[nodiscard]] boost::asio::awaitable<void> sleep(std::chrono::nanoseconds time);
  [[nodiscard]] std::string level_text() const;
  // On any thread.
  [[nodiscard]] Result<void> write_metrics(const std::string& file, const PressureOptions& pressure,
                                           bool running) const;
  void tell(const std::string& what, const Result<void>& written);
  void tell(const CleanupReport& report);

  boost::asio::any_io_executor loop_;
  boost::asio::any_io_executor store_;
  FileSystem& files_;
  const QueueLayout& layout_;
  std::optional<Directory> archive_;
  const Clock& clock_;
  Log& log_;
  RetentionOptions retention_;
  PressureOptions pressure_options_;
  MetricsOptions metrics_;
  Pressure pressure_;
  std::optional<Pressure> written_;  // what level.json says
  bool keeping_level_ = false;
  bool keeping_metrics_ = false;
  bool metrics_dirty_ = false;
  std::string last_trouble_;
  std::atomic<bool> stop_{false};
  boost::asio::thread_pool thread_{1};
};

}  // namespace spoold
