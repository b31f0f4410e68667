#include "entry_finder.hpp"

#include "config/nearest.hpp"
#include "entry/bundle.hpp"

namespace spoold {

namespace {

std::string_view without_priority(std::string_view label) {
  return leading_priority(label) ? label.substr(label.find('_') + 1) : label;
}

Result<std::vector<EntryFile>> look(QueueView& view, const EntryReference& wanted) {
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

// The line of a bundle that has this id, where it is still in it.
Result<std::vector<EntryFile>> look_into_bundles(QueueView& view, std::uint64_t seq) {
  std::vector<EntryFile> found;
  for (const State state : all_states) {
    if (state == State::corrupt) continue;
    SPOOLD_TRY(view.each(state, [&](std::string_view file_name) {
      if (!is_bundle_file_name(file_name)) return true;
      auto name = parse_entry_name(file_name);
      if (!name || !name->owns(seq)) return true;
      EntryFile file{state, std::string(file_name), std::move(name)};
      file.line = static_cast<std::uint32_t>(seq - file.name->seq);
      found.push_back(std::move(file));
      return true;
    }));
  }
  std::erase_if(found, [&](const EntryFile& file) {
    const auto text = view.read_bundle(file);
    return !text || !find_bundle_line(*text, file.line);
  });
  return found;
}

}  // namespace

EntryReference::EntryReference(std::string typed)
    : typed_(std::move(typed)),
      file_name_(typed_.substr(typed_.rfind('/') + 1)),
      id_(parse_id(file_name_)),
      name_(parse_entry_name(file_name_)),
      label_(make_label(file_name_)) {}

bool EntryReference::is(std::string_view file_name, const std::optional<EntryName>& name) const {
  if (file_name == file_name_) return true;
  if (name) {
    // The entry may have moved on since its file name was copied.
    if (seq() == name->seq) return true;
    return !name->label.empty() && is_label(name->label);
  }
  return is_label(make_label(file_name));
}

std::optional<std::uint64_t> EntryReference::seq() const {
  if (id_) return id_;
  return name_ ? std::optional(name_->seq) : std::nullopt;
}

bool EntryReference::is_label(std::string_view found) const {
  return found == label_ || without_priority(found) == label_;
}

Result<std::vector<EntryFile>> find_entries(QueueView& view, const std::string& reference) {
  const EntryReference wanted(reference);
  auto found = look(view, wanted);
  // One that moved from a directory not yet looked at to one already seen is there at the second look.
  if (found && found->empty()) found = look(view, wanted);
  if (found && found->empty() && wanted.seq()) found = look_into_bundles(view, *wanted.seq());
  return found;
}

std::string describe_line(const EntryFile& file) {
  return "line " + std::to_string(file.line) + " of bundle " + format_id(file.name->seq) + ", which is " +
         std::string(to_string(file.state));
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
