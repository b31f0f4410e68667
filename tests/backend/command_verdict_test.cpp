#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <map>

#include "backend/command_bench.hpp"

// Real programs, and what their ends come to.

using namespace spoold;
using namespace spoold::test;

TEST_CASE("each exit status has its verdict") {
  CommandBench bench{"exit $1"};
  const std::map<int, std::string> table{{0, "done"},     {1, "retry"},    {2, "retry"},   {64, "reject"},
                                         {65, "reject"},  {69, "retry"},   {75, "retry"},  {78, "reject"},
                                         {99, "retry"},   {100, "reject"}, {111, "retry"}, {126, "reject"},
                                         {127, "reject"}, {128, "retry"},  {137, "retry"}, {255, "retry"}};
  for (const auto& [status, verdict] : table) {
    const std::string number = std::to_string(status);
    const std::string reason = status == 0 ? "" : ": exit status " + number;
    CHECK(bench.run(R"({"args":[")" + number + "\"]}") == verdict + reason);
  }
}

TEST_CASE("the table of exit statuses can be changed") {
  CommandBench bench{"exit $1", [](CommandOptions& options) {
                       options.verdicts.codes[0] = CommandVerdict::retry;
                       options.verdicts.codes[3] = CommandVerdict::done;
                       options.verdicts.codes[69] = CommandVerdict::unavailable;
                       options.verdicts.other = CommandVerdict::reject;
                       options.verdicts.signal = CommandVerdict::reject;
                     }};
  CHECK(bench.run(R"({"args":["0"]})") == "retry: exit status 0");
  CHECK(bench.run(R"({"args":["3"]})") == "done");
  CHECK(bench.receipt(R"({"args":["3"]})").at("exit_code") == 3);
  CHECK(bench.run(R"({"args":["69"]})") == "unavailable: exit status 69");
  CHECK(bench.run(R"({"args":["1"]})") == "reject: exit status 1");
  CommandBench killed{"kill -KILL $$",
                      [](CommandOptions& options) { options.verdicts.signal = CommandVerdict::reject; }};
  CHECK(killed.run() == "reject: ended by SIGKILL");
}

TEST_CASE("a signal means retry and is named") {
  CHECK(CommandBench{"kill -SEGV $$"}.run() == "retry: ended by SIGSEGV");
  CHECK(CommandBench{"kill -TERM $$"}.run() == "retry: ended by SIGTERM");
}

TEST_CASE("the reason has the last lines of standard error") {
  CHECK(CommandBench{"echo out; echo warning >&2; echo >&2; echo 'no such image' >&2; exit 65"}.run() ==
        "reject: exit status 65: warning / no such image");
  CHECK(CommandBench{"echo gone >&2; kill -ABRT $$"}.run() == "retry: ended by SIGABRT: gone");
}

TEST_CASE("the receipt has the times, the exit status and what the program wrote") {
  Json receipt = CommandBench{"echo out; echo err >&2"}.receipt();
  CHECK(parse_rfc3339(receipt.at("finished_at").get<std::string>()).has_value());
  CHECK(receipt.at("duration_ms").is_number_integer());
  receipt.erase("finished_at");
  receipt.erase("duration_ms");
  CHECK(receipt.dump() == R"({"status":"done","exit_code":0,"stdout":"out\n","stderr":"err\n"})");
}

TEST_CASE("a program that is missing or cannot be executed makes the backend unavailable") {
  const auto run = [](const std::string& program) {
    CommandBench bench{"", [&](CommandOptions& options) { options.program = program; }};
    return bench.run();
  };
  CHECK(run("/nowhere/program").starts_with("unavailable: run /nowhere/program: No such file or directory"));
  const TempDirectory directory;
  directory.write("plain", "no program\n");
  CHECK(run(directory / "plain")
            .starts_with("unavailable: run " + (directory / "plain") + ": Permission denied"));
  directory.write("script", "echo without a first line\n");
  ::chmod((directory / "script").c_str(), 0755);
  CHECK(run(directory / "script").find("Exec format error (a script needs a first line") !=
        std::string::npos);
  directory.write("orphan", "#!/nowhere/interpreter\n");
  ::chmod((directory / "orphan").c_str(), 0755);
  CHECK(run(directory / "orphan").find("the interpreter that its first line names") != std::string::npos);
  CHECK(run(directory.path()).starts_with("unavailable: "));
}

TEST_CASE("a backend whose program is missing does not open") {
  CommandBench bench{"", [](CommandOptions& options) { options.program = "/nowhere/program"; }};
  CHECK(bench.open().starts_with("run /nowhere/program: No such file or directory"));
  CHECK(CommandBench{}.open().empty());
}

TEST_CASE("a working directory that is not there makes the backend unavailable, and says so") {
  CommandBench bench{"exit 0", [](CommandOptions& options) { options.working_directory = "/nowhere"; }};
  CHECK(bench.run() == "unavailable: open the working directory /nowhere: No such file or directory");
}

TEST_CASE("arguments longer than the system takes are the entry's fault") {
  CommandBench bench{"exit 0", [](CommandOptions& options) { options.argument_bytes_max = 10'000'000; }};
  const std::string outcome = bench.run(Json{{"args", Json::array({std::string(200'000, 'x')})}}.dump());
  CHECK(outcome.starts_with("reject: args and environment are longer than the system takes"));
  CHECK(bench.run() == "done");
}
