#include "full_screen.hpp"

#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <string_view>

namespace spoold {

namespace {

constexpr const char* enter = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr const char* leave = "\x1b[?25h\x1b[?1049l";

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

sigset_t signals_of_interest() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) ::sigaddset(&set, number);
  return set;
}

}  // namespace

FullScreen::FullScreen(const termios& before, UniqueFd signals)
    : before_(before), signals_(std::move(signals)) {}

Result<FullScreen> FullScreen::open() {
  termios before{};
  if (::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0) {
    return Error{ErrorKind::invalid, "this needs a terminal"};
  }
  const sigset_t set = signals_of_interest();
  UniqueFd signals{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (!signals) return system_error(errno, "wait for", "signals");
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  termios raw = before;
  raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO));
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;  // stopped, it would leave the terminal as it is
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(enter);
  return FullScreen{before, std::move(signals)};
}

FullScreen::~FullScreen() {
  if (!signals_) return;
  write_all(leave);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

FullScreen::Size FullScreen::size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

bool FullScreen::takes_unicode() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

bool FullScreen::draw(const std::vector<std::string>& lines) const {
  std::string frame = "\x1b[H";
  const std::size_t shown = std::min(lines.size(), size().rows);
  for (std::size_t i = 0; i < shown; ++i) frame += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  return write_all(frame + "\x1b[J");
}

FullScreen::Wish FullScreen::wait(MonotonicTime until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    std::array<pollfd, 2> ready{pollfd{signals_.get(), POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    const auto wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    if (::poll(ready.data(), ready.size(), wait_ms) == 0) return Wish::draw;
    signalfd_siginfo signal{};
    if (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
      return signal.ssi_signo == SIGWINCH ? Wish::draw : Wish::leave;
    }
    if (ready[1].revents == 0) continue;
    char key = 0;
    const auto count = ::read(STDIN_FILENO, &key, 1);
    // Nothing at all, though it was ready: the terminal has gone.
    if (count <= 0 || key == 'q' || key == 'Q') return Wish::leave;
  }
}

}  // namespace spoold
