#include "entry_finder.hpp"

#include "config/nearest.hpp"

namespace spoold {

namespace {

std::string_view without_priority(std::string_view label) {
  return leading_priority(label) ? label.substr(label.find('_') + 1) : label;
}

// What was typed, in each of the ways it may be meant.
struct Wanted {
  explicit Wanted(std::string_view typed)
      : file_name(typed.substr(typed.rfind('/') + 1)),
        id(parse_id(file_name)),
        name(parse_entry_name(file_name)),
        label(make_label(file_name)) {}

  [[nodiscard]] bool is(std::string_view found, const std::optional<EntryName>& found_name) const {
    if (found == file_name) return true;
    if (found_name) {
      if (id && found_name->seq == *id) return true;
      // The entry may have moved on since its file name was copied.
      if (name && found_name->seq == name->seq) return true;
      return !found_name->label.empty() && is_label(found_name->label);
    }
    return is_label(make_label(found));
  }

 private:
  [[nodiscard]] bool is_label(std::string_view found) const {
    return found == label || without_priority(found) == label;
  }

  std::string_view file_name;
  std::optional<std::uint64_t> id;
  std::optional<EntryName> name;
  std::string label;
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
