#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "config/option.hpp"
#include "config/reading.hpp"

namespace spoold {

// One map of the file while it is read: whoever reads it asks for the keys there are. A key given twice is
// refused at once, and a key that nobody asked for when the reader goes out of scope. A map that is not
// there, or empty, has no keys: reading it is no error, so that every option is asked for in any file.
class MapReader {
 public:
  // `node` is what stands at `path` (empty: the whole file), found in `line`; `example` is shown where it is
  // no map. The Reading must outlive the reader.
  MapReader(Reading& reading, const YAML::Node& node, std::string path, int line, const std::string& example);
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;
  ~MapReader();

  // A node in the map: an item of a list, or a member whose key is a name. `line` is where it begins.
  struct Child {
    std::string name;  // empty for items
    std::string path;
    YAML::Node node;
    int line = 0;
  };

  // Reads one option, if it is given; says whether a good value was.
  bool option(const Option& option);
  void options(const std::vector<Option>& options);
  // The same for one without which the map is of no use.
  bool required(const Option& option);

  // The map under `key`.
  [[nodiscard]] MapReader map(const std::string& key, const std::string& example);
  // The items of the list under `key`; none where it is not there or no list, which is refused.
  [[nodiscard]] std::vector<Child> list(const std::string& key, const std::string& expected);
  // All members, where keys are names that the reader cannot know.
  [[nodiscard]] std::vector<Child> members();
  // What is left may be anything: a problem already said makes it impossible to judge.
  void ignore_rest();

  // Reads one value with `option`; its key is not looked at.
  bool value(const Child& child, const Option& option);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Place place() const { return {line_, {}}; }
  [[nodiscard]] Reading& reading() { return reading_; }

 private:
  struct Member {
    Child child;
    bool asked = false;
  };
  void add(const YAML::Node& key, const YAML::Node& node);
  Member* ask(const std::string& key);

  Reading& reading_;
  std::string path_;
  int line_;
  std::vector<std::string> known_;
  std::vector<Member> members_;
};

}  // namespace spoold
