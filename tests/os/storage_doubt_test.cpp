#include "os/storage_doubt.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "os/unique_fd.hpp"

using namespace spoold;

namespace {

std::string doubt_about(const char* path) {
  const UniqueFd directory{::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  REQUIRE(directory);
  return storage_doubt(directory.get());
}

}  // namespace

TEST_CASE("a directory in memory is doubted, with the reason") {
  CHECK(doubt_about("/dev/shm") == "it lies in memory (tmpfs): a power cut or a reboot takes every entry");
}

TEST_CASE("a directory on a local file system is not doubted, nor what is not known") {
  CHECK(doubt_about("/usr").empty());
  CHECK(doubt_about("/proc").empty());
}
