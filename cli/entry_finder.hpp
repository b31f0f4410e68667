#pragma once

#include <string>
#include <vector>

#include "queue_view.hpp"

namespace spoold {

// What was typed for an entry, in each of the ways it may be meant (see find_entries).
class EntryReference {
 public:
  explicit EntryReference(std::string typed);

  [[nodiscard]] const std::string& typed() const { return typed_; }
  [[nodiscard]] bool is(std::string_view file_name, const std::optional<EntryName>& name) const;
  // What tells at once that it is meant.
  [[nodiscard]] std::optional<std::uint64_t> seq() const;

 private:
  [[nodiscard]] bool is_label(std::string_view found) const;

  std::string typed_;
  std::string file_name_;
  std::optional<std::uint64_t> id_;
  std::optional<EntryName> name_;
  std::string label_;
};

// The entries that `reference` names: an id (with or without its leading zeros), the name of a file, or the
// name a file was dropped under (with or without ".json" and a leading priority "N_"). More than one where
// the same foreign name was used again. A line that is still in its bundle is told as that file and line.
// Empty: there is none in any state.
[[nodiscard]] Result<std::vector<EntryFile>> find_entries(QueueView& view, const std::string& reference);

// "line 3 of bundle 0176..., which is pending": of a file with a line.
[[nodiscard]] std::string describe_line(const EntryFile& file);

// "no entry 'x' in pending/, processing/, ...": for when there is none.
[[nodiscard]] std::string explain_not_found(const QueueView& view, const std::string& reference);

}  // namespace spoold
