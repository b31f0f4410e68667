#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "os/clock.hpp"
#include "os/posix_file_system.hpp"

namespace spoold {

// --queue, --config and --instance, as given; empty where not.
struct QueueOption {
  std::string directory;
  std::string config_file;
  std::string instance;
};

struct Config;  // config/config.hpp; few verbs look into it

// What a verb works with: whose queue, the disk, the time.
struct Session {
  std::shared_ptr<const Config> config;
  std::string queue_path;  // the configuration's
  std::string instance;    // as given; empty where not
  // What the command line must say to mean this session whatever the environment: "--config FILE".
  std::string selection;
  PosixFileSystem files{};
  SystemClock clock{};

  // Chooses the configuration:
  //   --instance NAME          /etc/spoold/NAME.yaml, for /var/spool/spoold/NAME
  //   --config FILE            that file, with the environment over it but for its queue; --queue over both
  //   --queue DIR alone        no file: the defaults, with the environment over them, for that directory
  //   $SPOOLD_QUEUE alone      likewise; $SPOOLD_QUEUE_DIRECTORY is its longer, weaker name
  //   $SPOOLD_CONFIG, else the default file if it is there, else the defaults
  [[nodiscard]] static Result<Session> open(const QueueOption& option);

  // Whether the configuration that a daemon started for this session reads is meant for its queue. Not so
  // (kind invalid) where no configuration is given and the machine's own one is of another queue: the
  // backends of that one would get what this one holds.
  [[nodiscard]] Result<void> check_daemon_config() const;

  // Turns the failure to open a queue into one line that says what to do about it.
  [[nodiscard]] Error explain_open(Error error) const;
};

}  // namespace spoold
