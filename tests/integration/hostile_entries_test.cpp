// What somebody may put into pending/, through the real daemon: none of it stops, or harms, what lies beside.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "integration/storm.hpp"

using namespace spoold::test;
namespace fs = std::filesystem;

namespace {

std::string repeat(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::size_t count_lines(const std::string& with, const std::string& in) {
  std::size_t count = 0;
  for (std::size_t at = in.find(with); at != std::string::npos; at = in.find(with, at + 1)) ++count;
  return count;
}

void make_socket(const std::string& path) {
  const spoold::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

struct Bad {
  std::string label;                                 // of its name
  std::string reason;                                // part of what stands beside it in corrupt/
  std::function<void(const std::string& path)> put;  // there
};

Bad file(const std::string& label, const std::string& reason, const std::string& bytes) {
  return {label, reason, [bytes](const std::string& path) { std::ofstream{path} << bytes; }};
}

// A whole entry but for this in its metadata.
std::string with(const std::string& metadata) {
  return "{\"metadata\":" + metadata + "," + effect_json("bad").substr(1);
}

std::vector<Bad> bad_ones(const DaemonFixture& fixture) {
  const auto link_to = [](const std::string& target) {
    return [target](const std::string& path) { fs::create_symlink(target, path); };
  };
  const std::string other = fixture.path("other");
  std::vector<Bad> all{
      {"symlink", "symbolic link", link_to("/etc/shadow")},
      {"dangling", "symbolic link", link_to("nowhere")},
      {"itself", "symbolic link", link_to("1_itself.json")},
      {"fifo", "FIFO", [](const std::string& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }},
      {"socket", "socket", make_socket},
      {"hardlink", "2 names",
       [other](const std::string& path) {
         fs::remove(other);
         std::ofstream{path} << effect_json("bad");
         REQUIRE(::link(path.c_str(), other.c_str()) == 0);
       }},
      {"directory", "directory", [](const std::string& path) { fs::create_directory(path); }},
      {"terabyte", "limit",
       [](const std::string& path) {
         std::ofstream{path} << "{";
         REQUIRE(::truncate(path.c_str(), off_t{1} << 40) == 0);
       }},
      file("empty", "byte 0", ""),
      file("half", "byte", effect_json("bad").substr(0, 40)),
      file("utf8", "ill-formed UTF-8", with("\"\xC3\x28\"")),
      file("overlong", "byte", with("\"\xC0\xAF\"")),
      file("surrogate", "byte", with(R"("\uD800")")),
      file("nul", "byte", with(std::string("\"\0\"", 3))),
      file("mark", "byte 0", "\xEF\xBB\xBF" + effect_json("bad")),
      file("deep", "nesting", with(repeat("[", 100'000))),
      file("deeper", "nesting", repeat("{\"a\":", 100'000)),
      file("twice", "sql", "{\"sql\":\"SELECT 1\"," + effect_json("bad").substr(1)),
      file("float", "byte", with("1e999")),
      file("integer", "byte", with("18446744073709551616")),
      file("array", "object", "[" + effect_json("bad") + "]"),
      file("two", "byte", effect_json("bad") + effect_json("bad")),
      file("priority", "priority", R"({"operation":"test","sql":"SELECT 1","priority":11})")};
  if (::geteuid() == 0) {
    all.push_back({"device", "device", [](const std::string& path) {
                     REQUIRE(::mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0);  // /dev/zero
                   }});
  }
  return all;
}

long peak_kilobytes(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

}  // namespace

TEST_CASE("what is no entry is put aside with its reason, at the best priority too, and stops nothing") {
  DaemonFixture fixture{"idle_exit: 0, settle_time: 10ms"};
  const std::vector<Bad> all = bad_ones(fixture);
  Tags good;
  const auto daemon = fixture.start_spoold();
  const long before = peak_kilobytes(daemon->pid());
  for (int round = 1; round <= 2; ++round) {
    daemon->send_signal(SIGSTOP);
    for (const Bad& bad : all) {
      const std::string path = fixture.path("queue/pending/1_" + bad.label + ".json");
      bad.put(path);
      const std::string tag = bad.label + std::to_string(round);
      fixture.drop("10_good" + tag + ".json", effect_json(tag));
      good.insert(tag);
    }
    daemon->send_signal(SIGCONT);
    fixture.wait_for_names("corrupt", 2 * all.size() * static_cast<std::size_t>(round));
    fixture.wait_for_names("completed", good.size());
  }
  CHECK(peak_kilobytes(daemon->pid()) < before + 300'000);
  daemon->send_signal(SIGTERM);
  const ProgramResult ended = daemon->wait();
  CHECK(ended.exit_status == 0);
  CHECK(fixture.names("pending").empty());
  CHECK(fixture.names("failed").empty());
  const auto effects = fixture.sql("SELECT tag FROM effect");
  CHECK(effects.size() == good.size());
  CHECK(Tags{effects.begin(), effects.end()} == good);
  for (const Bad& bad : all) {
    for (const char* number : {"", ".2"}) {  // the second of a name does not replace the first
      const std::string name = "1_" + bad.label + number + ".json";
      INFO(name);
      std::ifstream reason{fixture.path("queue/corrupt/" + name + ".reason")};
      const std::string text{std::istreambuf_iterator<char>(reason), {}};
      INFO(text);
      CHECK(fs::symlink_status(fixture.path("queue/corrupt/" + name)).type() != fs::file_type::not_found);
      CHECK(text.find(bad.reason) != std::string::npos);
      CHECK(count_lines("'" + name + "' is no entry", ended.err) == 1);
    }
  }
}

TEST_CASE("a name may hold any byte: the entry is done, and no byte of it reaches the log as it is") {
  DaemonFixture fixture{"settle_time: 10ms"};
  std::vector<std::string> stems{"-rf",
                                 "..",
                                 "a..",
                                 "$(reboot)",
                                 "`x`",
                                 "%s%n%s",
                                 "~",
                                 "5_",
                                 "5_1",
                                 "99_x",
                                 "5_99999999999999999999999",
                                 "05_1",
                                 std::string(250, 'n')};
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') stems.push_back(std::string("x") + static_cast<char>(byte) + "y");
  }
  for (std::size_t i = 0; i < stems.size(); ++i) {
    // Every other one is no entry, so that its name is told.
    const std::string bytes = i % 2 == 0 ? effect_json(std::to_string(i)) : "broken";
    const std::string path = fixture.path("queue/pending/") + stems[i] + ".json";
    std::ofstream{path} << bytes;
  }
  const std::vector<std::string> ignored{".hidden.json", ".json",  "README",
                                         "x.json~",      "x.JSON", "x.json.tmp"};
  for (const std::string& name : ignored) std::ofstream{fixture.path("queue/pending/" + name)} << "broken";

  const ProgramResult run = fixture.spoold({"--once"});
  CHECK(run.exit_status == 0);
  const bool printable =
      std::all_of(run.err.begin(), run.err.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
  if (!printable) FAIL_CHECK("the log is not fit for a terminal: " << run.err);
  const std::size_t dots = 1;  // "...json" begins with a dot as well
  const std::size_t broken = stems.size() / 2 - dots;
  CHECK(count_lines("is no entry", run.err) == broken);
  CHECK(fixture.names("corrupt").size() == 2 * broken);
  CHECK(fixture.names("completed").size() == stems.size() - stems.size() / 2);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() ==
        std::to_string(stems.size() - stems.size() / 2));
  CHECK(fixture.names("pending") == std::vector<std::string>{"README", "x.JSON", "x.json.tmp", "x.json~"});
  CHECK(fs::exists(fixture.path("queue/pending/.hidden.json")));
  for (const char* name : {".hidden", "README", "x.JSON", "x.json~"})
    CHECK(run.err.find(name) == std::string::npos);
}

TEST_CASE("a half-written file waits for its end, is done then at once, and holds up nobody meanwhile") {
  DaemonFixture fixture{"idle_exit: 0, settle_time: 1h, rescan_interval: 1h"};
  const auto daemon = fixture.start_spoold();
  const std::string text = effect_json("slow");
  std::ofstream slow{fixture.path("queue/pending/1_slow.json")};
  slow << text.substr(0, 30) << std::flush;
  fixture.drop("quick.json", effect_json("quick"));
  fixture.wait_for_names("completed", 1);
  CHECK(fixture.names("corrupt").empty());
  slow << text.substr(30);
  slow.close();
  fixture.wait_for_names("completed", 2);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"quick", "slow"});
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("of a file that is written over and over while it is claimed one whole text takes effect") {
  constexpr int files = 20;
  DaemonFixture fixture{"idle_exit: 0, settle_time: 2s"};
  const auto daemon = fixture.start_spoold();
  for (int i = 0; i < files; ++i) {
    // Of different lengths, so that a mixture of them is no text of either.
    const std::string ballast(20'000, 'x');
    const std::string one = effect_json("one");
    const std::string two = "{\"metadata\":\"" + ballast + "\"," + effect_json("two").substr(1);
    const std::string path = fixture.path("queue/pending/f" + std::to_string(i) + ".json");
    const spoold::UniqueFd out{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    for (int turn = 0; turn < 300; ++turn) {
      const std::string& text = turn % 2 == 0 ? two : one;
      REQUIRE(::ftruncate(out.get(), 0) == 0);
      REQUIRE(::pwrite(out.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    }
  }
  fixture.wait_for_names("completed", files);
  CHECK(fixture.sql("SELECT count(*) FROM effect").front() == std::to_string(files));
  CHECK(fixture.names("corrupt").empty());
  CHECK(fixture.names("failed").empty());
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a file that its owner has leased is done when he lets go of it, and holds up nobody meanwhile") {
  ::signal(SIGIO, SIG_IGN);  // what the holder of a lease is sent
  DaemonFixture fixture{"idle_exit: 0, settle_time: 50ms"};
  const std::string path = fixture.path("queue/pending/1_leased.json");
  std::ofstream{path} << effect_json("leased");
  spoold::UniqueFd leased{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (::fcntl(leased.get(), F_SETLEASE, F_WRLCK) != 0) return;  // this file system has no leases
  const auto daemon = fixture.start_spoold();
  fixture.drop("other.json", effect_json("other"));
  fixture.wait_for_names("completed", 1);
  CHECK(fixture.sql("SELECT tag FROM effect") == std::vector<std::string>{"other"});
  leased.reset();
  fixture.wait_for_names("completed", 2);
  daemon->send_signal(SIGTERM);
  CHECK(daemon->wait().exit_status == 0);
}

TEST_CASE("a command that kills its daemon each time is put aside after three deaths, and alone") {
  DaemonFixture fixture;
  const std::string program = fixture.script("run", "[ \"$1\" = good ] || kill -KILL $PPID\nsleep 0");
  fixture.write_lanes("", "backends: { run: { type: command, program: " + program +
                              ", allow_arguments: any, concurrency: 3 } }\n");
  REQUIRE(
      fixture
          .spoolctl({"enqueue", "--jsonl"}, "{\"operation\":\"run\",\"args\":[\"bad\"],\"priority\":1}\n" +
                                                repeat("{\"operation\":\"run\",\"args\":[\"good\"]}\n", 9))
          .exit_status == 0);
  int deaths = 0;
  for (ProgramResult run; run.exit_status != 0; ++deaths) {
    REQUIRE(deaths < 5);
    run = fixture.spoold({"--drain"});
    INFO(run.err);
    if (run.exit_status != 0) REQUIRE(run.signal == SIGKILL);
  }
  CHECK(deaths == 4);  // the fourth start is the one that comes through
  CHECK(fixture.names("completed").size() == 9);
  CHECK(fixture.text_of_only("failed").find("the worker died 3 times") != std::string::npos);
}
