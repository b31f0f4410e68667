#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/targets.hpp"

// The kept inputs through the targets, as any other test: what was found once stays found, with any compiler.

using namespace spoold;

namespace {

void replay(const std::string& target, void (*run)(std::string_view)) {
  const std::filesystem::path directory = std::filesystem::path{SPOOLD_TEST_DATA} / "fuzz" / target;
  int inputs = 0;
  for (const auto& item : std::filesystem::directory_iterator(directory)) {
    INFO(item.path());
    std::ifstream file(item.path(), std::ios::binary);
    REQUIRE(file.good());
    // Exactly these bytes, so that a sanitizer sees a read beyond them.
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    CHECK_NOTHROW(run({bytes.data(), bytes.size()}));
    ++inputs;
  }
  CHECK(inputs >= 10);
}

}  // namespace

TEST_CASE("every kept entry is read, written and refused as promised") {
  replay("entry", fuzz::fuzz_entry);
}

TEST_CASE("every kept file name is told apart, made again and shown as promised") {
  replay("entry_name", fuzz::fuzz_entry_name);
}

TEST_CASE("every kept configuration is taken or refused as promised") {
  replay("config", fuzz::fuzz_config);
}

TEST_CASE("every kept HTTP answer comes to an outcome as promised, in whatever pieces it comes") {
  replay("http", fuzz::fuzz_http);
}

TEST_CASE("every kept talk over the control socket is answered as promised, in whatever pieces it comes") {
  replay("control", fuzz::fuzz_control);
}
