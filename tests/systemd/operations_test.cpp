#include <catch2/catch.hpp>
#include <fstream>

#include "systemd/machine.hpp"

using namespace spoold::test;

namespace {

// The blocks of docs/operations.md that are marked as shell.
std::vector<std::string> shell_blocks() {
  std::ifstream page{SPOOLD_SOURCE_DIR "/docs/operations.md"};
  std::vector<std::string> blocks;
  bool within = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```sh") {
      blocks.emplace_back();
      within = true;
    } else if (line == "```") {
      within = false;
    } else if (within) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

}  // namespace

TEST_CASE("the commands of the operations page work as they stand there, one after the other") {
  const Machine machine;
  const std::vector<std::string> blocks = shell_blocks();
  REQUIRE(blocks.size() > 8);
  for (const std::string& block : blocks) {
    INFO(block);
    const ProgramResult result = machine.run(block);
    INFO(result.out << result.err);
    REQUIRE(result.exit_status == 0);
    if (block.find("SELECT * FROM notes") != std::string::npos)
      CHECK(result.out.find("the first|") != std::string::npos);
  }
  CHECK(machine.run("ls -d /var/spool/spoold /var/lib/spoold /etc/spoold/spoold.yaml").out.empty());
}
