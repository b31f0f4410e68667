#include "entry_finder.hpp"

#include "config/nearest.hpp"

namespace spoold {

namespace {

std::string_view without_priority(std::string_view label) {
  return leading_priority(label) ? label.substr(label.find('_') + 1) : label;
}

// What was typed, in each of the ways it may be meant.
class Wanted {
 public:
  explicit Wanted(std::string_view typed)
      : file_name_(typed.substr(typed.rfind('/') + 1)),
        id_(parse_id(file_name_)),
        name_(parse_entry_name(file_name_)),
        label_(make_label(file_name_)) {}

  [[nodiscard]] bool is(std::string_view found, const std::optional<EntryName>& found_name) const {
    if (found == file_name_) return true;
    if (found_name) {
      if (id_ && found_name->seq == *id_) return true;
      // The entry may have moved on since its file name was copied.
      if (name_ && found_name->seq == name_->seq) return true;
      return !found_name->label.empty() && is_label(found_name->label);
    }
    return is_label(make_label(found));
  }

 private:
  [[nodiscard]] bool is_label(std::string_view found) const {
    return found == label_ || without_priority(found) == label_;
  }

  std::string_view file_name_;
  std::optional<std::uint64_t> id_;
  std::optional<EntryName> name_;
  std::string label_;
};

Result<std::vector<EntryFile>> look(QueueView& view, const Wanted& wanted) {
  std::vector<EntryFile> found;
  for (const State state : all_states) {
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      auto name = parse_entry_name(file_name);
      if (wanted.is(file_name, name)) found.push_back({state, std::string(file_name), std::move(name)});
      return true;
    }));
  }
  return found;
}

}  // namespace

Result<std::vector<EntryFile>> find_entries(QueueView& view, const std::string& reference) {
  const Wanted wanted(reference);
  auto found = look(view, wanted);
  // One that moved from a directory not yet looked at to one already seen is there at the second look.
  if (found && found->empty()) found = look(view, wanted);
  return found;
}

std::string explain_not_found(const QueueView& view, const std::string& reference) {
  std::string states;
  for (const State state : all_states) {
    if (!states.empty()) states += ", ";
    states += to_string(state);
  }
  return "no entry " + in_quotes(reference) + " in " + view.path() + " (looked in " + states + ")";
}

}  // namespace spoold
