#include "queue_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace spoold::test {

namespace {

ProgramOptions clean(ProgramOptions options) {
  for (const char* name : {"SPOOLD_QUEUE", "SPOOLD_QUEUE_DIRECTORY", "SPOOLD_CONFIG", "NO_COLOR"})
    options.environment.insert({name, {}});
  options.environment.insert({"TERM", "dumb"});
  return options;
}

}  // namespace

CliQueue::CliQueue() : path_(directory_ / "q") {
  const auto made = run({"init"});
  if (made.exit_status != 0) throw std::runtime_error("spoolctl init: " + made.err);
}

std::vector<std::string> CliQueue::command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {SPOOLCTL_PROGRAM, "--queue", path_});
  return arguments;
}

ProgramResult CliQueue::run(std::vector<std::string> arguments, const std::string& input) const {
  return run_program(command(std::move(arguments)), clean({.input = input}));
}

ProgramResult CliQueue::run_on_terminal(std::vector<std::string> arguments, const std::string& typed) const {
  return run_program(command(std::move(arguments)), clean({.input = typed, .terminal = true}));
}

void CliQueue::put(const std::string& state, const std::string& file_name, const std::string& json) const {
  directory_.write("q/" + state + "/" + file_name, json);
}

void CliQueue::move(const std::string& from, const std::string& to) const {
  std::filesystem::rename(path_ + "/" + from, path_ + "/" + to);
}

void CliQueue::set_modified(const std::string& file, long seconds_since_1970) const {
  const timespec times[2] = {{seconds_since_1970, 0}, {seconds_since_1970, 0}};
  if (::utimensat(AT_FDCWD, (path_ + "/" + file).c_str(), times, 0) != 0)
    throw std::runtime_error("utimensat");
}

bool CliQueue::has(const std::string& file) const {
  return std::filesystem::exists(path_ + "/" + file);
}

std::vector<std::string> CliQueue::names(const std::string& state) const {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(path_ + "/" + state)) {
    names.push_back(file.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

ProgramResult run_spoolctl(const std::vector<std::string>& arguments, ProgramOptions options) {
  std::vector<std::string> command{SPOOLCTL_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, clean(std::move(options)));
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace spoold::test
