#include "support/run_program.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>

using namespace spoold::test;

TEST_CASE("a program's output, error output and exit status are told apart") {
  const auto result = run_program({"sh", "-c", "cat; echo oops >&2; exit 7"}, {.input = "hello"});
  CHECK(result.exit_status == 7);
  CHECK(result.signal == 0);
  CHECK(result.out == "hello");
  CHECK(result.err == "oops\n");
}

TEST_CASE("a program sees the environment and the directory it was given") {
  ::setenv("RUN_PROGRAM_GONE", "here", 1);
  const auto result = run_program(
      {"sh", "-c", "echo $RUN_PROGRAM_SET ${RUN_PROGRAM_GONE-unset}; pwd"},
      {.environment = {{"RUN_PROGRAM_SET", "yes"}, {"RUN_PROGRAM_GONE", {}}}, .working_directory = "/"});
  CHECK(result.out == "yes unset\n/\n");
}

TEST_CASE("a program that a signal ended says which") {
  Program program({"sh", "-c", "echo ready; exec sleep 600"});
  program.wait_for_output("ready");
  program.send_signal(SIGTERM);
  const auto result = program.wait();
  CHECK(result.signal == SIGTERM);
  CHECK(result.exit_status == -1);
}

TEST_CASE("a program on a terminal sees one, of 80 columns") {
  const auto result = run_program({"sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size && cat"},
                                  {.input = "typed\n\x04", .terminal = true});
  CHECK(result.out == "24 80\ntyped\n");
}

TEST_CASE("more output than a pipe holds arrives whole") {
  const auto result = run_program({"sh", "-c", "head -c 5000000 /dev/zero"});
  CHECK(result.out.size() == 5'000'000);
}

TEST_CASE("a program that cannot be started is an error of the test") {
  CHECK_THROWS_AS(run_program({"/nonexistent/program"}), std::runtime_error);
}
