#include "architecture/source_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

namespace spoold::test {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file{path};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string module_of(const fs::path& path) {
  auto part = path.begin();
  if (*part == "lib") ++part;
  return part->string();
}

}  // namespace

std::vector<SourceFile> source_files(const std::vector<std::string>& folders) {
  const fs::path top{SPOOLD_SOURCE_DIRECTORY};
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator{top / folder}) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cpp" && extension != ".hpp") continue;
      const fs::path path = entry.path().lexically_relative(top);
      files.push_back({path.string(), module_of(path), lines_of(entry.path())});
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> quoted_includes(const SourceFile& file) {
  static const std::regex include{"^\\s*#\\s*include\\s*\"([^\"]+)\".*"};
  std::vector<std::string> names;
  for (const std::string& line : file.lines) {
    std::smatch match;
    if (std::regex_match(line, match, include)) names.push_back(match[1]);
  }
  return names;
}

std::vector<std::string> string_literals(const std::string& line) {
  std::vector<std::string> literals;
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (!inside && c == '/' && line.compare(i, 2, "//") == 0) break;
    if (!inside && c == '\'' && line.compare(i, 3, "'\"'") == 0) {
      i += 2;
    } else if (inside && c == '\\') {
      literals.back() += line.substr(i++, 2);
    } else if (c == '"') {
      inside = !inside;
      if (inside) literals.emplace_back();
    } else if (inside) {
      literals.back() += c;
    }
  }
  return literals;
}

}  // namespace spoold::test
