#include "simulation/truth.hpp"

#include "entry/entry_name.hpp"
#include "store/queue_layout.hpp"

namespace spoold::test {

namespace {

const std::string before_mark = "\"stdin\":\"";

std::string name_in(const std::string& place) {
  return place.substr(place.find('/') + 1);
}

}  // namespace

std::string document_of(Mark mark, const std::string& operation, const std::string& more) {
  return R"({"operation":")" + operation + "\"," + before_mark + std::to_string(mark) + "\"" + more + "}";
}

Mark mark_of(const Entry& entry) {
  return std::stoull(entry.field("stdin").get<std::string>());
}

void Truth::begin(Mark mark) {
  One& one = all_[mark];
  if (one.running) broken_.push_back(std::to_string(mark) + " runs twice at once");
  one.running = true;
}

void Truth::take_effect(Mark mark) {
  One& one = all_[mark];
  if (++one.effects > 1 && one.in_ledger_lane) broken_.push_back(std::to_string(mark) + " took effect twice");
}

void Truth::end_all() {
  for (auto& [mark, one] : all_) one.running = false;
  ++ends;
}

Truth::Places Truth::places(const LyingDisk& disk) {
  Places places;
  for (const State state : all_states) {
    const std::string directory{to_string(state)};
    for (const std::string& name : disk.names(directory)) {
      const std::string bytes = disk.bytes(directory, name);
      const std::size_t at = bytes.find(before_mark);
      if (at == std::string::npos) continue;
      places[std::stoull(bytes.substr(at + before_mark.size()))].push_back(directory + "/" + name);
    }
  }
  return places;
}

void Truth::check_attempts(Mark mark, const std::string& place) {
  const auto name = parse_entry_name(name_in(place));
  if (!name) return;
  const auto blamed = blamed_.find(name->seq);
  const std::uint64_t failed = all_[mark].failed_attempts + (blamed == blamed_.end() ? 0 : blamed->second);
  if (name->attempts <= failed + ends + 1) return;
  broken_.push_back(place + " has more attempts counted than it had: " + std::to_string(failed) +
                    " failed, the daemon ended " + std::to_string(ends) + " times");
}

void Truth::check(const LyingDisk& disk) {
  const Places found = places(disk);
  for (const auto& [mark, where] : found) {
    if (where.size() > 1) broken_.push_back(std::to_string(mark) + " is in " + where[0] + " and " + where[1]);
    check_attempts(mark, where[0]);
  }
  for (const auto& [mark, one] : all_) {
    if (one.acknowledged && found.count(mark) == 0) broken_.push_back(std::to_string(mark) + " is lost");
  }
}

std::vector<std::string> Truth::not_ended(const LyingDisk& disk) {
  std::vector<std::string> places;
  for (const State state : {State::pending, State::processing, State::deferred}) {
    const std::string directory{to_string(state)};
    for (const std::string& name : disk.names(directory)) places.push_back(directory + "/" + name);
  }
  return places;
}

void Truth::check_end(const LyingDisk& disk) {
  check(disk);
  for (const auto& [mark, where] : places(disk)) {
    const bool completed = where[0].starts_with(to_string(State::completed));
    if (completed && all_[mark].effects == 0) broken_.push_back(where[0] + " never took effect");
    if (where[0].starts_with(to_string(State::corrupt))) broken_.push_back(where[0] + " is an entry");
  }
  for (const std::string& place : not_ended(disk)) broken_.push_back(place + " came to no end");
}

}  // namespace spoold::test
