#include "support/page_table.hpp"

#include <fstream>
#include <regex>
#include <stdexcept>

namespace spoold::test {

std::vector<std::pair<std::string, std::string>> rows_of_table(const std::string& page_file,
                                                               const std::string& title) {
  std::ifstream page{page_file};
  const std::regex row{R"(\| (.*?) \| (.*?) \|.*)"};
  std::vector<std::pair<std::string, std::string>> rows;
  std::string line;
  while (std::getline(page, line) && line.rfind("| " + title + " |", 0) != 0) {
  }
  std::getline(page, line);  // the rule
  std::smatch cells;
  while (std::getline(page, line) && std::regex_match(line, cells, row))
    rows.emplace_back(cells[1], cells[2]);
  if (rows.empty()) throw std::runtime_error(page_file + " has no table '" + title + "'");
  return rows;
}

}  // namespace spoold::test
