#include "backend/command_invocation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "backend/command_environment.hpp"
#include "entry/entry_format.hpp"

using namespace spoold;

namespace {

using Made = std::variant<CommandInvocation, Reject>;

Made make(const std::string& fields, const CommandOptions& options = {}) {
  const std::string comma = fields.empty() ? "" : ",";
  const Entry entry = parse_entry(R"({"operation":"thumb.make")" + comma + fields + "}").value();
  EntryName name;
  name.seq = 42;
  name.attempts = 3;
  return make_invocation(Attempt{&entry, &name, {}}, options, {"PATH=/bin"});
}

CommandInvocation made(const std::string& fields, const CommandOptions& options = {}) {
  return std::get<CommandInvocation>(make(fields, options));
}

std::string refusal(const std::string& fields, const CommandOptions& options = {}) {
  return std::get<Reject>(make(fields, options)).reason;
}

}  // namespace

TEST_CASE("the entry's arguments follow those of the configuration, each as one") {
  CommandOptions options;
  options.arguments = {"-q", "--"};
  CHECK(made("", options).arguments == std::vector<std::string>{"-q", "--"});
  const std::vector<std::string> all{"-q", "--", "a b", "", "$(id);`id`*", "-rf"};
  CHECK(made(R"("args":["a b","","$(id);`id`*","-rf"])", options).arguments == all);
}

TEST_CASE("standard input is a string as it is, any other value as JSON, or nothing") {
  CHECK(made("").input == std::nullopt);
  CHECK(made(R"("stdin":null)").input == std::nullopt);
  CHECK(made(R"("stdin":"")").input == "");
  CHECK(made(R"("stdin":"a\u0000b\n")").input == std::string("a\0b\n", 4));
  CHECK(made(R"("stdin":{"b":[1,null],"a":"x"})").input == R"({"b":[1,null],"a":"x"})");
  CHECK(made(R"("stdin":7)").input == "7");
}

TEST_CASE("a program is told what it runs for") {
  const std::vector<std::string> told{"PATH=/bin", "SPOOLD_ID=00000000000000000042",
                                      "SPOOLD_KEY=00000000000000000042", "SPOOLD_ATTEMPT=3",
                                      "SPOOLD_OPERATION=thumb.make"};
  CHECK(made("").environment == told);
  CHECK(made(R"("key":"order-7")").environment.at(2) == "SPOOLD_KEY=order-7");
}

TEST_CASE("arguments that the backend does not take are refused with the reason") {
  CommandOptions options;
  options.allow_arguments = EntryArguments::none;
  CHECK(refusal(R"("args":["x"])", options) == "args: this backend takes no arguments from entries");
  CHECK(made(R"("args":[])", options).arguments.empty());
  options.allow_arguments = EntryArguments::operands;
  CHECK(refusal(R"("args":["x","--out=/etc/passwd"])", options) ==
        "args[1] begins with '-', and this backend takes no options from entries: \"--out=/etc/passwd\"");
  CHECK(refusal(R"("args":["-"])", options).starts_with("args[0] begins with '-'"));
  CHECK(made(R"("args":["x","y"])", options).arguments.size() == 2);
}

TEST_CASE("the size of arguments is limited") {
  CommandOptions options;
  options.argument_bytes_max = 10;
  CHECK(made(R"("args":["1234","1234"])", options).arguments.size() == 2);
  CHECK(refusal(R"("args":["1234","12345"])", options) ==
        "args: 11 bytes, more than the 10 that this backend takes; put data in `stdin`");
}

TEST_CASE("arguments with a NUL byte are refused, and what is no list of strings") {
  Entry entry = parse_entry(R"({"operation":"x"})").value();
  EntryName name;
  const auto refuse = [&](Json args) {
    entry.document["args"] = std::move(args);
    const CommandOptions options;
    return std::get<Reject>(make_invocation(Attempt{&entry, &name, {}}, options, {})).reason;
  };
  CHECK(refuse(Json::array({"a", std::string("b\0c", 3)})) == "args[1] holds a NUL byte");
  CHECK(refuse(Json::array({1})) == "args[0] is no string");
  CHECK(refuse("x") == "args: expected an array of strings");
}

TEST_CASE("the environment is PATH, what is passed on, and what is set") {
  ::setenv("COMMAND_TEST_PASSED", "from the daemon", 1);
  ::setenv("COMMAND_TEST_OTHER", "not asked for", 1);
  CommandOptions options;
  options.pass_environment = {"COMMAND_TEST_PASSED", "COMMAND_TEST_NOT_SET"};
  options.environment = {{"HOME", "/srv"}, {"EMPTY", ""}};
  const std::vector<std::string> expected{
      "COMMAND_TEST_PASSED=from the daemon", "EMPTY=", "HOME=/srv",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  CHECK(make_environment(options) == expected);
  options.environment = {{"PATH", "/opt/bin"}, {"COMMAND_TEST_PASSED", "set"}};
  CHECK(make_environment(options) == std::vector<std::string>{"COMMAND_TEST_PASSED=set", "PATH=/opt/bin"});
}

TEST_CASE("names by which other code would run are refused, and what is no name") {
  for (const char* name :
       {"HOME", "PATH", "_x", "LANG", "PYTHONUNBUFFERED", "A1", "LDFLAGS", "ENVIRONMENT"}) {
    CAPTURE(name);
    CHECK_FALSE(check_environment_name(name).has_value());
  }
  for (const char* name : {"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV", "IFS", "SHELLOPTS",
                           "BASH_FUNC_ls", "GLIBC_TUNABLES", "GCONV_PATH", "PS4"}) {
    CAPTURE(name);
    CHECK(check_environment_name(name).value_or("").starts_with("changes which code"));
  }
  for (const char* name : {"", "1A", "A B", "A=B", "A-B", "\xc3\xa4"}) {
    CAPTURE(name);
    CHECK(check_environment_name(name).value_or("").starts_with("is no name"));
  }
  CHECK(check_environment_name("SPOOLD_ID") == "is set by spoold itself");
}
