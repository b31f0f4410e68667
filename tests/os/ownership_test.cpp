#include "os/ownership.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "os/unique_fd.hpp"
#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

namespace spoold {

TEST_CASE("what root makes in another user's directory is given to that user") {
  const test::TempDirectory directory;
  const UniqueFd fd{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  directory.write("made", "");
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::fchown(fd.get(), 65534, 65534) == 0);

  REQUIRE(give_to_owner_of(fd.get(), "made"));
  struct stat made {};
  REQUIRE(::fstatat(fd.get(), "made", &made, AT_SYMLINK_NOFOLLOW) == 0);
  CHECK(made.st_uid == (root ? 65534 : ::geteuid()));
}

TEST_CASE("what root makes in a directory of its own stays root's") {
  const test::TempDirectory directory;
  const UniqueFd fd{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  directory.write("made", "");
  REQUIRE(give_to_owner_of(fd.get(), "made"));
  struct stat made {};
  REQUIRE(::fstatat(fd.get(), "made", &made, AT_SYMLINK_NOFOLLOW) == 0);
  CHECK(made.st_uid == ::geteuid());
}

}  // namespace spoold
