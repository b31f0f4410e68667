#pragma once

#include <string>
#include <vector>

#include "queue_status.hpp"
#include "terminal.hpp"

namespace spoold {

// What `status` shows, line by line, of the given width (which long values of others, paths and names, may
// exceed); coloured as the terminal takes it. Pure.
class StatusPage {
 public:
  StatusPage(const QueueStatus& status, const Terminal& terminal, std::size_t columns)
      : status_(status), terminal_(terminal), columns_(columns) {}

  [[nodiscard]] std::vector<std::string> head();    // the queue, its daemon, what is out of order
  [[nodiscard]] std::vector<std::string> counts();  // a line for each state
  [[nodiscard]] std::vector<std::string> rates();
  [[nodiscard]] std::vector<std::string> totals();
  [[nodiscard]] std::vector<std::string> lanes();    // with their headline; none where nothing is known
  [[nodiscard]] std::vector<std::string> running();  // likewise, of a daemon that runs

 private:
  void line(std::string_view label, std::string_view text);
  void wrapped(std::string_view label, const std::string& text, Colour colour = Colour::plain);
  [[nodiscard]] std::string ago(const std::optional<WallTime>& time) const;
  [[nodiscard]] std::string daemon() const;
  void pauses();
  void lane(const DaemonReport::Lane& lane);
  [[nodiscard]] std::string trouble_of(const DaemonReport::Lane& lane) const;

  const QueueStatus& status_;
  const Terminal& terminal_;
  std::size_t columns_;
  std::vector<std::string> lines_;
};

}  // namespace spoold
