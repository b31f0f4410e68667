#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue_view.hpp"

namespace spoold {

// What of a state is listed, as far as names tell.
struct ListingFilter {
  std::optional<int> priority;
  std::optional<WallTime> enqueued_before;
  std::optional<WallTime> enqueued_after;
};

// The entries of one state, in the order that matters there:
//   pending, processing                      as they are claimed: priority, then seq
//   deferred                                 as they fall due
//   completed, failed, cancelled, corrupt    newest first
// A page at a time, each by one look through the directory's names, so that memory goes with the page and not
// with what lies there. What comes and goes meanwhile may or may not be met; nothing is met twice.
class Listing {
 public:
  // `view` must outlive it.
  Listing(QueueView& view, State state, ListingFilter filter)
      : view_(&view), state_(state), filter_(std::move(filter)) {}

  // The next names, up to `count_max` (1 or more); none at the end. Of foreign names the files are looked at
  // for what the names do not tell.
  [[nodiscard]] Result<std::vector<std::string>> next_page(std::size_t count_max);
  // How many come after the last page.
  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  struct Place {
    std::uint64_t first = 0;  // what is compared first; the smaller comes first
    std::uint64_t second = 0;
    std::string file_name;

    friend auto operator<=>(const Place&, const Place&) = default;
  };
  // Nothing where the filter leaves it out.
  [[nodiscard]] std::optional<Place> place_of(std::string_view file_name);

  QueueView* view_;
  State state_;
  ListingFilter filter_;
  std::optional<Place> last_;  // of the pages so far
  std::uint64_t left_ = 0;
};

}  // namespace spoold
