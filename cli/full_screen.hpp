#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

// The terminal as a screen that is drawn over and over: the alternate screen, no cursor, keys as they are
// typed. What was there before is there again afterwards, however this ends but by SIGKILL. One at a time.
class FullScreen {
 public:
  // Standard input and output must be a terminal (kind invalid).
  [[nodiscard]] static Result<FullScreen> open();
  FullScreen(FullScreen&&) = default;
  FullScreen& operator=(FullScreen&&) = delete;
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;
  ~FullScreen();

  struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
  };
  [[nodiscard]] static Size size();
  // The locale's characters are UTF-8.
  [[nodiscard]] static bool takes_unicode();

  // Draws the lines, cut to the rows there are, over what is there, in one write: nothing flickers. Lines
  // must fit the columns. False: the terminal has gone.
  [[nodiscard]] bool draw(const std::vector<std::string>& lines) const;

  enum class Wish { draw, leave };
  // Until the time is up or the window changes (draw), or somebody wants to leave: q, Ctrl-C, SIGTERM,
  // SIGHUP.
  [[nodiscard]] Wish wait(MonotonicTime until);

 private:
  FullScreen(const termios& before, UniqueFd signals);
  termios before_{};
  UniqueFd signals_;  // none: moved from
};

}  // namespace spoold
