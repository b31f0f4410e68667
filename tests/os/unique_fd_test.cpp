#include "os/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <utility>

namespace spoold {

namespace {

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace

TEST_CASE("a descriptor is closed with its owner") {
  int raw = -1;
  {
    const UniqueFd fd{open_null()};
    raw = fd.get();
    CHECK(is_open(raw));
  }
  CHECK_FALSE(is_open(raw));
}

TEST_CASE("a descriptor that was moved has one owner") {
  UniqueFd first{open_null()};
  const int raw = first.get();
  UniqueFd second{std::move(first)};
  CHECK_FALSE(static_cast<bool>(first));
  CHECK(second.get() == raw);

  UniqueFd third{open_null()};
  const int replaced = third.get();
  third = std::move(second);
  CHECK(third.get() == raw);
  CHECK_FALSE(is_open(replaced));
}

TEST_CASE("a released descriptor stays open") {
  UniqueFd fd{open_null()};
  const int raw = fd.release();
  CHECK_FALSE(static_cast<bool>(fd));
  CHECK(is_open(raw));
  ::close(raw);
}

}  // namespace spoold
