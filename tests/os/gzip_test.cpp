#include "os/gzip.hpp"

#include <catch2/catch.hpp>

#include "os/posix_file_system.hpp"
#include "support/temp_directory.hpp"

using namespace spoold;
using namespace spoold::test;

namespace {

std::vector<std::string> lines_of(const TempDirectory& directory, const std::string& name) {
  PosixFileSystem files;
  const auto opened = files.open_directory(directory.path());
  auto reader = GzipLines::open(opened->handle, name);
  REQUIRE(reader.has_value());
  std::vector<std::string> lines;
  for (;;) {
    const auto line = reader->next();
    REQUIRE(line.has_value());
    if (!*line) return lines;
    lines.push_back(**line);
  }
}

}  // namespace

TEST_CASE("lines come back over several members, however long they are") {
  const TempDirectory directory;
  const std::string long_one(300'000, 'x');
  directory.write("a.gz",
                  gzip_member("one\n" + long_one + "\n") + gzip_member("") + gzip_member("three\nlast"));
  CHECK(lines_of(directory, "a.gz") == std::vector<std::string>{"one", long_one, "three", "last"});
}

TEST_CASE("a file that ends amid a member is told as damaged") {
  const TempDirectory directory;
  const std::string whole = gzip_member("one\ntwo\n");
  directory.write("a.gz", whole + whole.substr(0, whole.size() - 5));
  PosixFileSystem files;
  auto reader = GzipLines::open(files.open_directory(directory.path())->handle, "a.gz");
  Result<std::optional<std::string>> line = reader->next();
  while (line && *line) line = reader->next();
  REQUIRE_FALSE(line.has_value());
  CHECK_THAT(line.error().message(), Catch::Contains("a.gz is damaged"));
}

TEST_CASE("a member is whole only to its last byte, and only alone") {
  const std::string first = gzip_member("first\n");
  const std::string second = gzip_member("second\n");
  CHECK(is_gzip_member(first));
  CHECK_FALSE(is_gzip_member(first + second));
  CHECK_FALSE(is_gzip_member(first + "x"));
  for (std::size_t size = 0; size < second.size(); ++size)
    CHECK_FALSE(is_gzip_member(second.substr(0, size)));
  for (std::size_t at = 0; at < second.size(); ++at) {
    std::string damaged = second;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    // Some of the header tells nothing that matters: the time, the system it was made on.
    if (at < 4 || at > 9) CHECK_FALSE(is_gzip_member(damaged));
  }
}
