#include <catch2/catch.hpp>

#include "config/config_fixture.hpp"

using namespace spoold;
using namespace spoold::test;

namespace {

std::string file_with(const std::string& option) {
  return "backends:\n  run:\n    type: command\n    " + option + "\n    program: /usr/bin/convert\n";
}

CommandOptions options_of(const std::string& option) {
  const ConfigFile file(file_with(option));
  const auto config = file.read();
  if (!config) FAIL(config.error().message());
  return std::get<CommandOptions>(config->backends.at(0).options);
}

std::string refusal(const std::string& option) {
  return ConfigFile(file_with(option)).refusal();
}

}  // namespace

TEST_CASE("a command backend needs its program alone") {
  const CommandOptions options = options_of("");
  const CommandOptions defaults;
  CHECK(options.program == "/usr/bin/convert");
  CHECK(options.arguments.empty());
  CHECK(options.timeout == defaults.timeout);
  CHECK(options.verdicts.codes == defaults.verdicts.codes);
  CHECK(ConfigFile("backends: { run: { type: command } }\n").refusal() ==
        "spoold.yaml:1: backends.run.program: is missing; expected the absolute path of a program, such as "
        "/usr/bin/convert");
}

TEST_CASE("every option of a command backend is taken") {
  const CommandOptions options = options_of(
      "arguments: [-quiet, '', \"--\"]\n"
      "    allow_arguments: operands\n"
      "    max_argument_bytes: 1KiB\n"
      "    concurrency: 4\n"
      "    timeout: 800s\n"
      "    kill_grace: 0s\n"
      "    environment: { LANG: C.UTF-8, EMPTY: '' }\n"
      "    pass_environment: [HOME]\n"
      "    working_directory: /srv\n"
      "    umask: 022\n"
      "    max_output_bytes: 1MiB\n"
      "    exit_codes: { 0: retry, 3: done, 69: unavailable, other: reject, signal: reject }");
  CHECK(options.arguments == std::vector<std::string>{"-quiet", "", "--"});
  CHECK(options.allow_arguments == EntryArguments::operands);
  CHECK(options.argument_bytes_max == 1024);
  CHECK(options.concurrency == 4);
  CHECK(options.timeout == std::chrono::seconds{800});
  CHECK(options.kill_grace == std::chrono::seconds{0});
  CHECK(options.environment == std::map<std::string, std::string>{{"LANG", "C.UTF-8"}, {"EMPTY", ""}});
  CHECK(options.pass_environment == std::vector<std::string>{"HOME"});
  CHECK(options.working_directory == "/srv");
  CHECK(options.umask == 022);
  CHECK(options.output_bytes_max == 1024 * 1024);
  CHECK(options.verdicts.codes.at(0) == CommandVerdict::retry);
  CHECK(options.verdicts.codes.at(3) == CommandVerdict::done);
  CHECK(options.verdicts.codes.at(69) == CommandVerdict::unavailable);
  CHECK(options.verdicts.codes.at(65) == CommandVerdict::reject);
  CHECK(options.verdicts.other == CommandVerdict::reject);
  CHECK(options.verdicts.signal == CommandVerdict::reject);
}

TEST_CASE("what a command backend cannot use is refused with what would be right") {
  CHECK(ConfigFile("backends: { run: { type: command, program: convert } }\n").refusal() ==
        "spoold.yaml:1: backends.run.program: 'convert' is no absolute path; expected the absolute path of a "
        "program, such as /usr/bin/convert");
  CHECK(
      refusal("umask: 0888") ==
      "spoold.yaml:4: backends.run.umask: '0888' is no octal number; expected an octal mask from 0 to 0777, "
      "such as 0077");
  CHECK(refusal("umask: 07777").find("is too large") != std::string::npos);
  CHECK(refusal("environment: { LD_PRELOAD: /tmp/x.so }") ==
        "spoold.yaml:4: backends.run.environment: 'LD_PRELOAD' changes which code a program runs, and is not "
        "let "
        "through");
  CHECK(
      refusal("pass_environment: [IFS]") ==
      "spoold.yaml:4: backends.run.pass_environment[0]: 'IFS' changes which code a program runs, and is not "
      "let through; expected the name of a variable, such as HOME");
  CHECK(
      refusal("exit_codes: { 256: done }") ==
      "spoold.yaml:4: backends.run.exit_codes: '256' is no exit status; expected 0 to 255, other or signal");
  CHECK(
      refusal("exit_codes: { 3: fail }").starts_with("spoold.yaml:4: backends.run.exit_codes.3: 'fail' is"));
  CHECK(refusal("working_directory: srv").find("is no absolute path") != std::string::npos);
  CHECK(refusal("concurrency: 0").find("is too small") != std::string::npos);
  CHECK(refusal("arguments: -x").find("expected a list of texts") != std::string::npos);
}

TEST_CASE("the shipped file has a command backend at the defaults") {
  const auto config = read_config_file(std::string{SPOOLD_SOURCE_DIR} + "/config/spoold.yaml",
                                       [](const auto&) { return std::nullopt; });
  REQUIRE(config.has_value());
  std::size_t found = 0;
  for (const BackendConfig& backend : config->backends) {
    const auto* const options = std::get_if<CommandOptions>(&backend.options);
    if (options == nullptr) continue;
    ++found;
    CommandOptions defaults;
    defaults.program = options->program;
    CHECK(*options == defaults);
  }
  CHECK(found == 1);
}
