#include "config/reading.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "config/nearest.hpp"

namespace spoold {

namespace {

std::string without_control(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

Reading::Reading(std::string file) : file_(std::move(file)) {}

std::string Reading::directory() const {
  return std::filesystem::path(file_).parent_path().string();
}

Place Reading::place_of(std::initializer_list<std::string> paths) const {
  for (const std::string& path : paths) {
    if (const auto found = places_.find(path); found != places_.end()) return found->second;
  }
  return {};
}

void Reading::refuse(const Place& place, const std::string& text) {
  const int order = place.line > 0 ? place.line : std::numeric_limits<int>::max();
  problems_.push_back({order, at(place) + text});
}

void Reading::refuse_key(int line, const std::string& path, const std::string& key,
                         std::vector<std::string> siblings) {
  unknown_keys_.push_back({line, path, key, std::move(siblings)});
}

std::string Reading::at(const Place& place) const {
  if (!place.variable.empty()) return place.variable + ": ";
  if (place.line > 0) return file_ + ":" + std::to_string(place.line) + ": ";
  return file_.empty() ? "" : file_ + ": ";
}

// Said only at the end, when everything that is known has been asked for: the key may be right elsewhere.
std::string Reading::describe(const UnknownKey& unknown) const {
  std::string text = join_path(unknown.path, in_quotes(unknown.key)) + ": unknown key";
  if (const auto meant = nearest(unknown.key, unknown.siblings))
    return text + "; did you mean " + in_quotes(*meant) + "?";
  const auto elsewhere = std::find_if(known_.begin(), known_.end(), [&](const std::string& path) {
    return path == unknown.key || path.ends_with("." + unknown.key);
  });
  if (elsewhere != known_.end()) return text + " here; did you mean " + in_quotes(*elsewhere) + "?";
  return text + "; known here: " + any_of(unknown.siblings);
}

Result<void> Reading::result() const {
  std::vector<Problem> problems = problems_;
  for (const UnknownKey& unknown : unknown_keys_)
    problems.push_back({unknown.line, at({unknown.line, {}}) + describe(unknown)});
  if (problems.empty()) return {};
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::string text;
  for (const Problem& problem : problems) text += (text.empty() ? "" : "\n") + without_control(problem.text);
  return Error{ErrorKind::invalid, text};
}

std::string join_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

}  // namespace spoold
