#include "status_watch.hpp"

#include "base/duration.hpp"
#include "exit_status.hpp"
#include "full_screen.hpp"
#include "moments.hpp"
#include "rate_history.hpp"
#include "status_page.hpp"
#include "verb.hpp"

namespace spoold {

namespace {

constexpr std::size_t graph_columns_max = 60;

// What changes from one look to the next.
struct Rates {
  RateHistory processed;
  RateHistory enqueued;

  void add(const QueueStatus& status, MonotonicTime now) {
    for (const auto& [name, count] : status.totals()) {
      if (name == "processed") processed.add(count, now);
      if (name == "enqueued") enqueued.add(count, now);
    }
  }
};

class WatchPage {
 public:
  WatchPage(Session& session, QueueView view, std::chrono::nanoseconds interval)
      : session_(session),
        view_(std::move(view)),
        interval_(interval),
        terminal_(Terminal::of(1)),
        unicode_(FullScreen::takes_unicode()) {}

  [[nodiscard]] Result<std::vector<std::string>> look() {
    SPOOLD_TRY(view_.check_still_there());
    const auto status = look_at_queue(session_, view_);
    if (!status) return status.error();
    rates_.add(*status, session_.clock.monotonic_now());
    return lay_out(*status);
  }

 private:
  [[nodiscard]] std::vector<std::string> lay_out(const QueueStatus& status) const {
    const auto columns = std::max<std::size_t>(FullScreen::size().columns, 40);
    StatusPage page(status, terminal_, columns);
    std::vector<std::string> lines = page.head();
    const auto add = [&](const std::vector<std::string>& part) {
      if (part.empty()) return;
      lines.emplace_back();
      lines.insert(lines.end(), part.begin(), part.end());
    };
    add(page.counts());
    add(history(columns));
    add(page.lanes());
    add(page.running());
    lines.emplace_back();
    lines.push_back(terminal_.paint(Colour::dim, cut(format_rfc3339(status.now).substr(0, 19) + "Z, every " +
                                                         format_duration(interval_) + "; q leaves",
                                                     columns)));
    return lines;
  }

  [[nodiscard]] std::vector<std::string> history(std::size_t columns) const {
    const auto line = [&](const char* label, const RateHistory& rates) {
      const std::size_t room = std::min(graph_columns_max, columns - 24);
      return terminal_.paint(Colour::dim, pad(label, 12)) + pad_left(format_per_second(rates.last()), 9) +
             "  " + terminal_.paint(Colour::green, rates.graph(room, unicode_));
    };
    return {line("processed", rates_.processed), line("enqueued", rates_.enqueued)};
  }

  Session& session_;
  QueueView view_;
  std::chrono::nanoseconds interval_;
  Terminal terminal_;
  bool unicode_;
  Rates rates_;
};

}  // namespace

Result<int> watch_status(Session& session, std::chrono::nanoseconds interval) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  WatchPage page(session, std::move(*view), interval);
  auto first = page.look();
  if (!first) return first.error();
  auto screen = FullScreen::open();
  if (!screen) return fail(exit_status::usage, "--watch: " + screen.error().message());
  auto lines = std::move(first);
  while (lines && screen->draw(*lines)) {
    if (screen->wait(session.clock.monotonic_now() + interval) == FullScreen::Wish::leave) {
      return exit_status::done;
    }
    lines = page.look();
  }
  if (!lines) return lines.error();
  return exit_status::done;
}

}  // namespace spoold
