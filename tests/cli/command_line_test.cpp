#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

void check_usage_error(const ProgramResult& result, const std::string& text) {
  CAPTURE(result.err);
  CHECK(result.exit_status == 64);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("spoolctl: ") && Contains(text));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("a wrong command line is one line that says what would be right, and 64") {
  check_usage_error(run_spoolctl({}), "which verb? init, enqueue,");
  check_usage_error(run_spoolctl({"lst"}), "no verb 'lst'; did you mean 'list'?");
  check_usage_error(run_spoolctl({"frobnicate"}), "no verb 'frobnicate'; see 'spoolctl --help'");
  check_usage_error(run_spoolctl({"list", "--jsn"}), "no option '--jsn'; did you mean '--json'?");
  check_usage_error(run_spoolctl({"list", "pendng"}), "no state 'pendng'; did you mean 'pending'?");
  check_usage_error(run_spoolctl({"list", "--limit", "-3"}),
                    "--limit: '-3' is no such number; expected a whole number, 0 or more; see");
  check_usage_error(run_spoolctl({"shape", "--limit", "1e3"}), "--limit: '1e3' is no such number");
  check_usage_error(run_spoolctl({"cleanup", "--hours", "-1"}),
                    "--hours: '-1' is no such number; expected hours from 0 to 87600; see");
  check_usage_error(run_spoolctl({"list", "--priority", "11"}), "--priority: Value 11 not in range 1 to 10");
  check_usage_error(run_spoolctl({"--queue"}), "--queue: 1 required DIR missing");
  check_usage_error(run_spoolctl({"show"}), "ID is required");
  check_usage_error(run_spoolctl({"cancel"}), "ID is required");
  check_usage_error(run_spoolctl({"retry"}), "which entries? give ids");
  check_usage_error(run_spoolctl({"retry", "--all-failed", "7"}), "--all-failed");
  check_usage_error(run_spoolctl({"drain", "--timeout", "5"}), "'5' is no duration");
  check_usage_error(run_spoolctl({"init", "--verify", "--reset"}), "excludes");
  check_usage_error(run_spoolctl({"init", "--yes"}), "requires --reset");
}

TEST_CASE("every verb has help with examples") {
  const auto help = run_spoolctl({"--help"});
  CHECK(help.exit_status == 0);
  for (const char* verb : {"init", "enqueue", "status", "list", "show", "explain", "shape", "errors", "retry",
                           "cancel", "pause", "resume", "wait", "drain", "completion"}) {
    CHECK_THAT(help.out, Contains(std::string("\n  ") + verb + " "));
    const auto verb_help = run_spoolctl({verb, "--help"});
    CHECK(verb_help.exit_status == 0);
    CHECK_THAT(verb_help.out, Contains("Examples:\n  spoolctl "));
  }
}

TEST_CASE("the version is told") {
  const auto result = run_spoolctl({"--version"});
  CHECK(result.exit_status == 0);
  CHECK(result.out == "spoolctl " SPOOLD_VERSION "\n");
}

TEST_CASE("where no queue is, one line says how to make one, and 66") {
  const TempDirectory directory;
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"status"},
                                               {"list"},
                                               {"show", "7"},
                                               {"errors"},
                                               {"explain", "7"},
                                               {"shape"},
                                               {"wait", "7"},
                                               {"pause"},
                                               {"resume"},
                                               {"status", "--watch"},
                                               {"drain"},
                                               {"retry", "7"},
                                               {"cancel", "7"},
                                               {"enqueue", "-o", "x"}}) {
    std::vector<std::string> command{"--queue", directory / "none"};
    command.insert(command.end(), verb.begin(), verb.end());
    const auto result = run_spoolctl(command);
    CAPTURE(verb);
    CHECK(result.exit_status == 66);
    CHECK(result.out.empty());
    CHECK(result.err == "spoolctl: no queue at " + directory / "none" + ": make one with 'spoolctl --queue " +
                            directory / "none" + " init', or name another with --queue\n");
  }
}

TEST_CASE("what only the owner of a queue may do is refused to others with who may, and 77") {
  if (::geteuid() != 0) return;
  const CliQueue queue;
  // Where nobody can reach it, wherever this was built.
  const std::string program = queue.directory() / "spoolctl";
  std::filesystem::copy_file(SPOOLCTL_PROGRAM, program);
  for (const auto& path : {queue.directory().path(), queue.path()}) REQUIRE(::chmod(path.c_str(), 0755) == 0);
  const auto as_nobody = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                     program,   "--queue",       queue.path()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command);
  };
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"pause"},
                                               {"resume"},
                                               {"cleanup"},
                                               {"verify", "--repair"},
                                               {"retry", "--all-failed"},
                                               {"cancel", "7"},
                                               {"start"},
                                               {"init", "--reset", "--yes"}}) {
    CAPTURE(verb);
    const auto result = as_nobody(verb);
    CHECK(result.exit_status == 77);
    CHECK(result.err == "spoolctl: the queue at " + queue.path() + " belongs to root: run this as root\n");
  }
}

TEST_CASE("a directory that is no queue is told from one that is missing") {
  const TempDirectory directory;
  const auto result = run_spoolctl({"--queue", directory.path(), "list"});
  CHECK(result.exit_status == 66);
  CHECK_THAT(result.err,
             Contains("pending/ is missing; 'spoolctl --queue " + directory.path() + " init' makes it"));
}

TEST_CASE("the queue is named by option, environment or configuration, in this order") {
  const TempDirectory directory;
  directory.write("c.yaml", "queue: {directory: " + directory / "from-config" + "}\n");
  const auto queue_of = [](const ProgramResult& result) {
    const auto text = result.out + result.err;
    const auto at = text.rfind('/', text.find(": make one"));
    return text.substr(at + 1, text.find(": make one") - at - 1);
  };
  const auto config = directory / "c.yaml";
  const auto from_environment = directory / "from-environment";
  CHECK(queue_of(run_spoolctl({"--queue", directory / "from-option", "list"},
                              {.environment = {{"SPOOLD_QUEUE", from_environment},
                                               {"SPOOLD_CONFIG", config}}})) == "from-option");
  CHECK(queue_of(run_spoolctl({"list"}, {.environment = {{"SPOOLD_QUEUE", from_environment}}})) ==
        "from-environment");
  CHECK(queue_of(run_spoolctl({"list"}, {.environment = {{"SPOOLD_CONFIG", config}}})) == "from-config");
  CHECK(queue_of(run_spoolctl({"list", "--config", config})) == "from-config");
  CHECK(queue_of(run_spoolctl({"--config", config, "--queue", directory / "both", "list"})) == "both");
}

TEST_CASE("a configuration named on the command line is not overruled by a queue of the environment") {
  const CliQueue other;
  const CliQueue own;
  other.directory().write("c.yaml", "queue: {directory: " + other.path() + "}\n");
  for (const char* variable : {"SPOOLD_QUEUE", "SPOOLD_QUEUE_DIRECTORY"}) {
    const auto result = run_spoolctl({"--config", other.directory() / "c.yaml", "enqueue", "-o", "x"},
                                     {.environment = {{variable, own.path()}}});
    CAPTURE(variable, result.err);
    CHECK(result.exit_status == 0);
    CHECK(own.names("pending").empty());
  }
  CHECK(other.names("pending").size() == 2);
}

TEST_CASE("start and restart refuse the machine's own configuration for another queue, and 64") {
  const bool may_mount = run_program({"unshare", "-m", "true"}).exit_status == 0;
  if (!may_mount) return;
  const CliQueue queue;
  for (const char* verb : {"start", "restart"}) {
    const auto result =
        run_program({"unshare", "-m", "sh", "-c",
                     "mount -t tmpfs none /etc && mkdir /etc/spoold && "
                     "echo 'queue: {directory: /srv/first}' > /etc/spoold/spoold.yaml && exec \"$@\"",
                     "sh", SPOOLCTL_PROGRAM, "--queue", queue.path(), verb},
                    {.environment = {{"SPOOLD_CONFIG", {}}, {"SPOOLD_QUEUE", {}}}});
    CAPTURE(verb);
    CHECK(result.exit_status == 64);
    CHECK(result.out.empty());
    CHECK(result.err ==
          "spoolctl: /etc/spoold/spoold.yaml is the configuration of another queue, /srv/first: give "
          "--config FILE too, the configuration for " +
              queue.path() + "\n");
    CHECK_FALSE(queue.has("worker.log"));
  }
}

TEST_CASE("a bad configuration is one line with its place, and 78") {
  const TempDirectory directory;
  directory.write("c.yaml", "queue:\n  direktory: /x\n");
  const auto result = run_spoolctl({"--config", directory / "c.yaml", "status"});
  CHECK(result.exit_status == 78);
  CHECK_THAT(result.err, StartsWith("spoolctl: " + directory / "c.yaml" + ":2:") && Contains("directory"));
}

TEST_CASE("an error of the configuration says where --queue does without it, and only there") {
  const TempDirectory directory;
  directory.write("c.yaml", "queue:\n  direktory: /x\n");
  const auto config = directory / "c.yaml";
  const auto hint = [](const std::string& verb) {
    return "; 'spoolctl --queue DIR " + verb + "' does without the configuration\n";
  };
  CHECK_THAT(run_spoolctl({"--config", config, "list"}).err, Contains(hint("list")));
  CHECK_THAT(run_spoolctl({"pause"}, {.environment = {{"SPOOLD_CONFIG", config}}}).err,
             Contains(hint("pause")));
  for (const char* verb : {"init", "start", "restart", "cleanup", "level", "metrics"}) {
    CHECK_THAT(run_spoolctl({"--config", config, verb}).err, !Contains("--queue"));
  }
  CHECK_THAT(run_spoolctl({"list"}, {.environment = {{"SPOOLD_WORKER_IDLE_EXIT", "soon"}}}).err,
             Contains("SPOOLD_WORKER_IDLE_EXIT") && !Contains("--queue"));
}

TEST_CASE("the hint for a missing queue names the configuration that was given") {
  const TempDirectory directory;
  const auto config = directory / "c.yaml";
  const auto queue = directory / "q";
  directory.write("c.yaml", "queue: {directory: " + queue + "}\n");
  const auto hint = [&](const std::vector<std::string>& options, const ProgramOptions& environment = {}) {
    auto command = options;
    command.emplace_back("list");
    const auto text = run_spoolctl(command, environment).err;
    const auto begin = text.find("'spoolctl ") + 10;
    return text.substr(begin, text.find("'", begin) - begin);
  };
  CHECK(hint({"--config", config}) == "--config " + config + " init");
  CHECK(hint({}, {.environment = {{"SPOOLD_CONFIG", config}}}) == "--config " + config + " init");
  CHECK(hint({"--config", config, "--queue", directory / "r"}) ==
        "--config " + config + " --queue " + directory / "r" + " init");
  CHECK(hint({"--queue", queue}) == "--queue " + queue + " init");
  CHECK(hint({}, {.environment = {{"SPOOLD_QUEUE", queue}}}) == "--queue " + queue + " init");
}

TEST_CASE("a queue has one name in the metrics, however its path is written") {
  const CliQueue queue;
  queue.directory().write("q/c.yaml", "queue: { directory: . }\n");
  const std::string label = "{queue=\"" + queue.path() + "\"";
  CHECK_THAT(run_spoolctl({"--config", queue.path() + "/c.yaml", "metrics"}).out, Contains(label));
  CHECK_THAT(run_spoolctl({"--queue", queue.path() + "//./", "metrics"}).out, Contains(label));
  CHECK_THAT(run_spoolctl({"--queue", ".", "metrics"}, {.working_directory = queue.path()}).out,
             Contains(label));
}

TEST_CASE("a reader that goes away ends it quietly, as it does other tools") {
  const CliQueue queue;
  for (int i = 10000; i < 13000; ++i) {
    queue.put("pending", "05_000000000000000" + std::to_string(i) + ".json", R"({"operation":"a"})");
  }
  const auto result =
      run_program({"bash", "-c", "\"$0\" --queue \"$1\" list | head -1 >&2; echo ${PIPESTATUS[0]}",
                   SPOOLCTL_PROGRAM, queue.path()});
  CHECK(result.out == "141\n");
  CHECK_THAT(result.err, StartsWith("STATE"));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
}

TEST_CASE("output that cannot be written is an error, and 74") {
  const CliQueue queue;
  const auto result =
      run_program({"sh", "-c", "\"$0\" --queue \"$1\" status >/dev/full", SPOOLCTL_PROGRAM, queue.path()});
  CHECK(result.exit_status == 74);
  CHECK(result.err == "spoolctl: cannot write to standard output\n");
}
