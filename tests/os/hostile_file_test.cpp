#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>

#include "os/posix_file_system.hpp"
#include "support/print_result.hpp"
#include "support/temp_directory.hpp"

namespace spoold {

namespace {

struct Place {
  Place() : root(*files.open_directory(directory.path())) {}
  ErrorKind kind_of_read(const std::string& name) {
    const auto content = files.read(root, name, 1024);
    REQUIRE_FALSE(content);
    return content.error().kind;
  }
  test::TempDirectory directory;
  PosixFileSystem files;
  Directory root;
};

}  // namespace

TEST_CASE("symlinks are not followed, wherever they lead") {
  Place place;
  place.directory.write("target", "secret");
  REQUIRE(::symlinkat("target", place.root.handle, "link") == 0);
  REQUIRE(::symlinkat("itself", place.root.handle, "itself") == 0);
  REQUIRE(::symlinkat("nowhere", place.root.handle, "dangling") == 0);
  for (const char* name : {"link", "itself", "dangling"})
    CHECK(place.kind_of_read(name) == ErrorKind::wrong_type);
  CHECK(place.files.status(place.root, "link")->type == FileType::symlink);
}

TEST_CASE("a FIFO without a writer is refused at once") {
  Place place;
  REQUIRE(::mkfifoat(place.root.handle, "fifo", 0600) == 0);
  CHECK(place.kind_of_read("fifo") == ErrorKind::wrong_type);
}

TEST_CASE("a socket and a directory are refused") {
  Place place;
  const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = place.directory / "socket";
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(place.kind_of_read("socket") == ErrorKind::wrong_type);

  REQUIRE(::mkdirat(place.root.handle, "directory", 0700) == 0);
  CHECK(place.kind_of_read("directory") == ErrorKind::wrong_type);
}

TEST_CASE("a file of a terabyte is refused by its size, unread") {
  Place place;
  place.directory.write("sparse", "");
  REQUIRE(::truncate((place.directory / "sparse").c_str(), off_t{1} << 40) == 0);
  CHECK(place.kind_of_read("sparse") == ErrorKind::too_large);
}

TEST_CASE("a leased file is busy, and does not hold the reader up") {
  Place place;
  place.directory.write("leased", "{}");
  const UniqueFd fd{::open((place.directory / "leased").c_str(), O_RDWR | O_CLOEXEC)};
  // Breaking the lease sends SIGIO to its holder, which is this process here.
  const auto before = std::signal(SIGIO, SIG_IGN);
  REQUIRE(::fcntl(fd.get(), F_SETLEASE, F_WRLCK) == 0);
  CHECK(place.kind_of_read("leased") == ErrorKind::busy);
  ::fcntl(fd.get(), F_SETLEASE, F_UNLCK);
  std::signal(SIGIO, before);
}

TEST_CASE("a file that cannot be written whole leaves nothing behind") {
  Place place;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto written =
      place.files.write_new(place.root, "large", std::string(10'000, 'x'), 0600, Durability::synced);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);

  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::too_large);
  CHECK(::faccessat(place.root.handle, "large", F_OK, 0) != 0);
}

TEST_CASE("no descriptor left is told apart from other faults") {
  Place place;
  place.directory.write("a", "{}");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto content = place.files.read(place.root, "a", 100);
  const auto listed = place.files.list(place.root, [](std::string_view) { return true; });
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(content);
  CHECK(content.error().kind == ErrorKind::too_many_files);
  REQUIRE_FALSE(listed);
  CHECK(listed.error().kind == ErrorKind::too_many_files);
}

}  // namespace spoold
