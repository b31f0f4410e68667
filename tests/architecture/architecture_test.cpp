#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "architecture/source_tree.hpp"

using namespace spoold::test;

namespace {

// Who may include whom, beside itself. This is the layering of the program: think before adding to it.
const std::map<std::string, std::set<std::string>> may_include{
    {"base", {}},
    {"os", {"base"}},
    {"entry", {"base"}},
    {"policy", {"base"}},
    {"event", {"base", "entry"}},
    {"store", {"base", "entry", "os", "policy"}},
    {"control", {"base", "entry", "os"}},
    {"schedule", {"base", "entry"}},
    {"watch", {"base", "os"}},
    {"backend", {"base", "entry", "os"}},
    {"worker", {"base", "entry", "os", "store", "watch", "schedule", "policy", "backend", "event"}},
    {"metrics", {"base", "entry", "store", "policy"}},
    {"systemd", {"base", "event"}},
    {"config", {"base", "store", "policy", "backend", "metrics", "worker"}},
};
const std::set<std::string> programs{"daemon", "cli"};  // may include every module, and nothing of each other

const std::vector<std::string> own_code{"lib", "daemon", "cli"};

bool allowed(const std::string& from, const std::string& to) {
  if (from == to) return true;
  if (programs.contains(from)) return may_include.contains(to);
  const auto known = may_include.find(from);
  return known != may_include.end() && known->second.contains(to);
}

// The module a quoted include leads to; one without a folder lies beside its includer.
std::string target_of(const SourceFile& file, const std::string& include) {
  const std::size_t stroke = include.find('/');
  return stroke == std::string::npos ? file.module : include.substr(0, stroke);
}

bool exists(const SourceFile& file, const std::string& include) {
  namespace fs = std::filesystem;
  const fs::path top{SPOOLD_SOURCE_DIRECTORY};
  return fs::exists(top / "lib" / include) || fs::exists(top / include) ||
         fs::exists((top / file.path).parent_path() / include);
}

// A path into a queue: "x/pending", "/pending/x", "pending/x". A folder's name alone is also a state's word,
// and with a stroke at its end it is one in a sentence.
bool spells_a_folder(const std::string& literal) {
  static const std::string folder =
      "(pending|processing|deferred|completed|failed|cancelled|corrupt|archive|\\.tmp)";
  static const std::regex path{"(.*/" + folder + "(/\\S*)?)|(" + folder + "/\\S+)"};
  return std::regex_match(literal, path);
}

}  // namespace

TEST_CASE("modules include only what the layering allows") {
  const std::vector<SourceFile> files = source_files(own_code);
  REQUIRE(files.size() > 50);
  for (const SourceFile& file : files) {
    for (const std::string& include : quoted_includes(file)) {
      if (allowed(file.module, target_of(file, include))) continue;
      FAIL_CHECK(file.path << " includes " << include << ": " << file.module << " may not use "
                           << target_of(file, include));
    }
  }
}

TEST_CASE("every quoted include is a file of ours") {
  for (const SourceFile& file : source_files(own_code)) {
    for (const std::string& include : quoted_includes(file)) {
      if (!exists(file, include)) FAIL_CHECK(file.path << " includes " << include << ", which is not there");
    }
  }
}

TEST_CASE("every module of the tree stands in the layering, and nothing else does") {
  std::set<std::string> found;
  for (const SourceFile& file : source_files({"lib"})) found.insert(file.module);
  std::set<std::string> listed;
  for (const auto& [module, used] : may_include) listed.insert(module);
  CHECK(found == listed);
}

TEST_CASE("the layering has no circle") {
  std::set<std::string> placed;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [module, used] : may_include) {
      if (!std::includes(placed.begin(), placed.end(), used.begin(), used.end())) continue;
      grew = placed.insert(module).second || grew;
    }
  }
  CHECK(placed.size() == may_include.size());
}

TEST_CASE("no source file has more than 400 lines") {
  for (const SourceFile& file : source_files({"lib", "daemon", "cli", "tests", "bench"})) {
    if (file.lines.size() > 400) FAIL_CHECK(file.path << " has " << file.lines.size() << " lines");
  }
}

TEST_CASE("only the queue's layout spells the path of a folder") {
  for (const SourceFile& file : source_files(own_code)) {
    if (file.path == "lib/store/queue_layout.cpp") continue;
    for (const std::string& line : file.lines) {
      for (const std::string& literal : string_literals(line)) {
        if (spells_a_folder(literal)) FAIL_CHECK(file.path << " spells \"" << literal << "\"");
      }
    }
  }
}

TEST_CASE("what the checks look for is found") {
  CHECK_FALSE(allowed("entry", "store"));
  CHECK_FALSE(allowed("worker", "config"));
  CHECK_FALSE(allowed("cli", "daemon"));
  CHECK_FALSE(allowed("unheard-of", "base"));
  CHECK(allowed("daemon", "config"));
  const SourceFile file{
      "lib/entry/x.cpp", "entry", {"#include <vector>", "  # include \"store/store.hpp\"  // why"}};
  CHECK(quoted_includes(file) == std::vector<std::string>{"store/store.hpp"});
  CHECK(string_literals(R"(f("a/b", '"', "c\"d");  // "e")") == std::vector<std::string>{"a/b", "c\\\"d"});
  for (const char* path : {"/pending", "pending/x.json", "q/.tmp/x", "/failed/"})
    CHECK(spells_a_folder(path));
  for (const char* text : {"pending", "it lies in failed/ now", "failed/", "given back to pending/: "}) {
    CHECK_FALSE(spells_a_folder(text));
  }
}
