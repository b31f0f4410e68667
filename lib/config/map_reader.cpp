#include "config/map_reader.hpp"

#include <algorithm>

#include "config/nearest.hpp"

namespace spoold {

namespace {

int line_of(const YAML::Node& node, int otherwise) {
  return node.Mark().is_null() ? otherwise : node.Mark().line + 1;
}

std::string found_in(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return in_quotes(node.Scalar());
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    default:
      return "nothing";
  }
}

std::string mismatch(const std::string& path, const YAML::Node& node, const std::string& expected) {
  return (path.empty() ? "" : path + ": ") + "found " + found_in(node) + "; expected " + expected;
}

}  // namespace

MapReader::MapReader(Reading& reading, const YAML::Node& node, std::string path, int line,
                     const std::string& example)
    : reading_(reading), path_(std::move(path)), line_(line) {
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    reading_.refuse({line, {}}, mismatch(path_, node, "a map, such as " + example));
    return;
  }
  for (const auto& member : node) add(member.first, member.second);
}

MapReader::~MapReader() {
  for (const Member& member : members_) {
    if (!member.asked) reading_.refuse_key(member.child.line, path_, member.child.name, known_);
  }
}

void MapReader::add(const YAML::Node& key, const YAML::Node& node) {
  const int line = line_of(key, line_);
  if (!key.IsScalar()) {
    reading_.refuse({line, {}}, mismatch(path_, key, "a word as the key"));
    return;
  }
  const std::string& name = key.Scalar();
  for (const Member& earlier : members_) {
    if (earlier.child.name != name) continue;
    reading_.refuse({line, {}}, join_path(path_, name) + ": given twice, first in line " +
                                    std::to_string(earlier.child.line) + "; remove one");
    return;
  }
  members_.push_back({{name, join_path(path_, name), node, line}, false});
}

MapReader::Member* MapReader::ask(const std::string& key) {
  reading_.know(join_path(path_, key));
  known_.push_back(key);
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.child.name == key; });
  if (found == members_.end()) return nullptr;
  found->asked = true;
  reading_.found(found->child.path, {found->child.line, {}});
  return &*found;
}

bool MapReader::option(const Option& option) {
  const Member* const member = ask(option.key);
  return member != nullptr && value(member->child, option);
}

void MapReader::options(const std::vector<Option>& options) {
  for (const Option& each : options) option(each);
}

bool MapReader::required(const Option& option) {
  const Member* const member = ask(option.key);
  if (member != nullptr) return value(member->child, option);
  reading_.refuse(place(), join_path(path_, option.key) + ": is missing; expected " + option.expected);
  return false;
}

bool MapReader::value(const Child& child, const Option& option) {
  if (!child.node.IsScalar()) {
    reading_.refuse({child.line, {}}, mismatch(child.path, child.node, option.expected));
    return false;
  }
  const std::string& text = child.node.Scalar();
  const auto problem = option.take(text);
  if (!problem) return true;
  reading_.refuse({child.line, {}},
                  child.path + ": " + in_quotes(text) + " " + *problem + "; expected " + option.expected);
  return false;
}

MapReader MapReader::map(const std::string& key, const std::string& example) {
  const Member* const member = ask(key);
  if (member == nullptr) return {reading_, YAML::Node{}, join_path(path_, key), line_, example};
  return {reading_, member->child.node, member->child.path, member->child.line, example};
}

std::vector<MapReader::Child> MapReader::list(const std::string& key, const std::string& expected) {
  const Member* const member = ask(key);
  if (member == nullptr || member->child.node.IsNull()) return {};
  if (!member->child.node.IsSequence()) {
    reading_.refuse({member->child.line, {}}, mismatch(member->child.path, member->child.node, expected));
    return {};
  }
  std::vector<Child> items;
  for (const auto& item : member->child.node) {
    const std::string path = member->child.path + "[" + std::to_string(items.size()) + "]";
    items.push_back({{}, path, YAML::Node(item), line_of(item, member->child.line)});
  }
  return items;
}

std::vector<MapReader::Child> MapReader::members() {
  std::vector<Child> children;
  for (Member& member : members_) {
    member.asked = true;
    children.push_back(member.child);
  }
  return children;
}

void MapReader::ignore_rest() {
  for (Member& member : members_) member.asked = true;
}

}  // namespace spoold
