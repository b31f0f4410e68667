#pragma once

#include <string>
#include <vector>

namespace spoold::test {

// One file of the program's own code.
struct SourceFile {
  std::string path;    // from the top: "lib/store/store.hpp", "cli/show.cpp"
  std::string module;  // "store", "cli", "daemon"
  std::vector<std::string> lines;
};

// Every .cpp and .hpp below these folders of the tree this test was built from, sorted by path.
[[nodiscard]] std::vector<SourceFile> source_files(const std::vector<std::string>& folders);

// What the #include "..." lines name, as they stand.
[[nodiscard]] std::vector<std::string> quoted_includes(const SourceFile& file);

// The string literals of one line, without what stands in a // comment. Raw strings are taken as they look.
[[nodiscard]] std::vector<std::string> string_literals(const std::string& line);

}  // namespace spoold::test
