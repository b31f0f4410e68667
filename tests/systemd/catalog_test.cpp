#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "event/every_event.hpp"
#include "systemd/journal_fields.hpp"

// packaging/systemd/spoold.catalog and the kinds of events cannot drift apart.

using namespace spoold;
using spoold::test::one_of_each_event;

namespace {

// The text of each entry of the catalog, by MESSAGE_ID.
std::map<std::string, std::string> read_catalog() {
  std::ifstream file{SPOOLD_SOURCE_DIR "/packaging/systemd/spoold.catalog"};
  REQUIRE(file);
  std::map<std::string, std::string> entries;
  std::string id;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ")) {
      id = line.substr(3);
      CHECK(entries.emplace(id, "").second);
    } else if (!id.empty()) {
      entries[id] += line + "\n";
    }
  }
  return entries;
}

std::set<std::string> fields_used(const std::string& text) {
  static const std::regex field{"@([A-Z_]+)@"};
  std::set<std::string> used;
  for (auto match = std::sregex_iterator{text.begin(), text.end(), field}; match != std::sregex_iterator{};
       ++match) {
    used.insert((*match)[1]);
  }
  return used;
}

}  // namespace

TEST_CASE("the catalog explains each kind of event, and nothing else") {
  auto entries = read_catalog();
  for (const Event& event : one_of_each_event()) {
    INFO(kind(event));
    const auto found = entries.find(std::string{message_id(event)});
    REQUIRE(found != entries.end());
    CHECK(found->second.starts_with("Subject: "));
    entries.erase(found);
  }
  for (const auto& [id, text] : entries) FAIL_CHECK("no event has the id " << id);
}

TEST_CASE("the catalog names only fields that its events have") {
  const auto entries = read_catalog();
  for (const Event& event : one_of_each_event()) {
    std::set<std::string> there;
    for (const auto& [key, value] : fields(event)) there.insert(key);
    for (const std::string& used : fields_used(entries.at(std::string{message_id(event)}))) {
      INFO(kind(event) << " has no field " << used);
      CHECK(there.contains(used));
    }
  }
}
