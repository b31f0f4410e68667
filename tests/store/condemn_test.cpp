#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;

const std::string good = R"({"operation":"greet","sql":"SELECT 1"})";
const std::string our_name = "05_00000000000000000042.json";

// Claims what lies under this name, which must end in corrupt/ with a reason that says `why`.
void check_condemned(test::TempQueue& queue, const std::string& name, const std::string& why) {
  INFO(name);
  const auto result = queue.store().claim(name);
  REQUIRE(result);
  const auto* condemned = std::get_if<Condemned>(&*result);
  REQUIRE(condemned != nullptr);
  INFO(condemned->reason);
  CHECK(condemned->reason.find(why) != std::string::npos);
  CHECK(condemned->file_name == name);
  CHECK(queue.names(State::corrupt) == Names{name, name + ".reason"});
  CHECK(queue.read(State::corrupt, name + ".reason") == printable(condemned->reason) + "\n");
  CHECK(queue.names(State::pending).empty());
  CHECK(queue.names(State::processing).empty());
}

const Names both_kinds_of_name{our_name, "foo.json"};

}  // namespace

TEST_CASE("symlinks are condemned and their targets left alone") {
  for (const auto& name : both_kinds_of_name) {
    for (const char* target : {"../../target", "itself.json", "/etc/passwd"}) {
      test::TempQueue queue;
      REQUIRE(::symlink(target, queue.path_of(State::pending, name).c_str()) == 0);
      check_condemned(queue, name, "symbolic link");
      std::array<char, 64> led{};
      REQUIRE(::readlink(queue.path_of(State::corrupt, name).c_str(), led.data(), led.size()) > 0);
      CHECK(std::string(led.data()) == target);
    }
  }
}

TEST_CASE("FIFOs and sockets are condemned, and nothing waits for them") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    REQUIRE(::mkfifo(queue.path_of(State::pending, name).c_str(), 0600) == 0);
    check_condemned(queue, name, "FIFO");
  }
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = queue.path_of(State::pending, name);
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    check_condemned(queue, name, "socket");
  }
}

TEST_CASE("directories are condemned with what is in them") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    REQUIRE(::mkdir(queue.path_of(State::pending, name).c_str(), 0700) == 0);
    queue.drop(name + "/inner.txt", "kept");
    check_condemned(queue, name, "directory");
    CHECK(queue.read(State::corrupt, name + "/inner.txt") == "kept");
  }
}

TEST_CASE("a directory that cannot be moved is left for later and stops nothing") {
  if (::geteuid() == 0) return;  // root may move it
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    const std::string path = queue.path_of(State::pending, name);
    REQUIRE(::mkdir(path.c_str(), 0500) == 0);
    const auto result = queue.store().claim(name);
    ::chmod(path.c_str(), 0700);
    REQUIRE(result);
    const auto* unsettled = std::get_if<Unsettled>(&*result);
    REQUIRE(unsettled != nullptr);
    CHECK(unsettled->look_again_at > queue.clock().wall_now());
    CHECK(queue.names(State::corrupt).empty());
  }
}

TEST_CASE("a file with a second name is condemned, and the other name untouched") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, good);
    const std::string other = queue.path() + "/other";
    REQUIRE(::link(queue.path_of(State::pending, name).c_str(), other.c_str()) == 0);
    check_condemned(queue, name, "2 names");
    CHECK(::access(other.c_str(), R_OK) == 0);
  }
}

TEST_CASE("a file over the limit is condemned by its size, unread") {
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, "{");
    REQUIRE(::truncate(queue.path_of(State::pending, name).c_str(), off_t{1} << 40) == 0);
    check_condemned(queue, name, "the limit is");
  }
}

TEST_CASE("what cannot be parsed is condemned with the place of the mistake") {
  for (const auto& name : both_kinds_of_name) {
    for (const char* bytes :
         {"", "{", "[]", "{\"operation\":\"x\",}", "{\"operation\":\"\\ud800\"}", "\xff"}) {
      test::TempQueue queue;
      queue.drop(name, bytes);
      check_condemned(queue, name, "");
    }
  }
}

TEST_CASE("a sound JSON that is no entry is condemned, naming the field") {
  test::TempQueue queue;
  queue.drop("foo.json", R"({"operation":"greet","priority":11})");
  check_condemned(queue, "foo.json", "priority");
}

TEST_CASE("a file that nobody may read is condemned, for it is not the storage's fault") {
  if (::geteuid() == 0) return;  // root may read it
  for (const auto& name : both_kinds_of_name) {
    test::TempQueue queue;
    queue.drop(name, good);
    REQUIRE(::chmod(queue.path_of(State::pending, name).c_str(), 0) == 0);
    const auto result = queue.store().claim(name);
    REQUIRE(result);
    const auto* condemned = std::get_if<Condemned>(&*result);
    REQUIRE(condemned != nullptr);
    CHECK(condemned->reason.find("mode 0000") != std::string::npos);
  }
}

TEST_CASE("what is condemned replaces nothing in corrupt/") {
  test::TempQueue queue;
  for (const char* bytes : {"first", "second", "third"}) {
    queue.drop("foo.json", bytes);
    REQUIRE(queue.store().claim("foo.json"));
  }
  CHECK(queue.names(State::corrupt) == Names{"foo.2.json", "foo.2.json.reason", "foo.3.json",
                                             "foo.3.json.reason", "foo.json", "foo.json.reason"});
  CHECK(queue.read(State::corrupt, "foo.json") == "first");
  CHECK(queue.read(State::corrupt, "foo.3.json") == "third");
}

TEST_CASE("the longest of names is condemned with its reason beside it") {
  test::TempQueue queue;
  queue.drop(std::string(250, 'x') + ".json", "no entry");
  const auto result = queue.store().claim(std::string(250, 'x') + ".json");
  REQUIRE(result);
  REQUIRE(std::holds_alternative<Condemned>(*result));
  const Names names = queue.names(State::corrupt);
  REQUIRE(names.size() == 2);
  CHECK(names[1] == names[0] + ".reason");
  CHECK(names[1].size() == 255);
}

TEST_CASE("a copy of an entry that is being processed is put aside, not run beside it") {
  test::TempQueue queue;
  const std::string name = queue.enqueue();
  const Claim claim = queue.claim(name);
  queue.drop(name, good);
  const auto second = queue.store().claim(name);
  REQUIRE(second);
  const auto* condemned = std::get_if<Condemned>(&*second);
  REQUIRE(condemned != nullptr);
  CHECK(condemned->reason.find("being processed") != std::string::npos);
  CHECK(queue.names(State::processing) == Names{claim.file_name});
}

TEST_CASE("a condemned file that a person mends and moves back is claimed") {
  test::TempQueue queue;
  queue.drop("foo.json", "no entry");
  REQUIRE(queue.store().claim("foo.json"));
  REQUIRE(::unlink(queue.path_of(State::corrupt, "foo.json").c_str()) == 0);
  queue.drop("foo.json", good);
  CHECK(queue.claim("foo.json").entry.operation == "greet");
}

}  // namespace spoold
