#include "integration/daemon_fixture.hpp"

#include <poll.h>
#include <sqlite3.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <stdexcept>

namespace spoold::test {

namespace {

constexpr int wait_seconds_max = 60;

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  for (std::string& text : more) to.push_back(std::move(text));
}

}  // namespace

DaemonFixture::DaemonFixture(const std::string& worker, const std::string& backend, bool init) {
  write_config(worker, backend);
  if (!init) return;
  const ProgramResult made = spoolctl({"init"});
  if (made.exit_status != 0) throw std::runtime_error("spoolctl init: " + made.err);
  sql("CREATE TABLE effect(tag TEXT NOT NULL)");
}

void DaemonFixture::write_config(const std::string& worker, const std::string& backend,
                                 const std::string& database_name) {
  database_ = database_name;
  directory_.write("spoold.yaml", "queue: { directory: " + queue() + ", min_free_bytes: 0 }\nworker: { " +
                                      worker + " }\nbackends: { main: { type: sqlite, database: " +
                                      database() + (backend.empty() ? "" : ", " + backend) + " } }\n");
}

void DaemonFixture::write_lanes(const std::string& worker, const std::string& backends_and_routes) const {
  directory_.write("spoold.yaml", "queue: { directory: " + queue() + ", min_free_bytes: 0 }\nworker: { " +
                                      worker + " }\n" + backends_and_routes);
}

std::string DaemonFixture::script(const std::string& name, const std::string& body) const {
  directory_.write(name, "#!/bin/sh\n" + body + "\n");
  std::filesystem::permissions(path(name), std::filesystem::perms::owner_all);
  return path(name);
}

ProgramResult DaemonFixture::spoold(std::vector<std::string> arguments) const {
  std::vector<std::string> command{SPOOLD_PROGRAM, "--config", config(), "--log-format", "text"};
  append(command, std::move(arguments));
  return run_program(command);
}

std::unique_ptr<Program> DaemonFixture::start_spoold(std::vector<std::string> arguments) const {
  std::vector<std::string> command{SPOOLD_PROGRAM, "--config", config(), "--log-format", "json"};
  append(command, std::move(arguments));
  auto program = std::make_unique<Program>(command);
  program->wait_for_output("\"event\":\"started\"");
  return program;
}

ProgramResult DaemonFixture::spoolctl(std::vector<std::string> arguments, const std::string& input) const {
  std::vector<std::string> command{SPOOLCTL_PROGRAM, "--config", config()};
  append(command, std::move(arguments));
  ProgramOptions options;
  options.input = input;
  return run_program(command, options);
}

std::string DaemonFixture::enqueue(const std::string& sql, std::vector<std::string> more) const {
  std::vector<std::string> arguments{"enqueue", "--operation", "test", "--sql", sql};
  append(arguments, std::move(more));
  const ProgramResult result = spoolctl(arguments);
  INFO(result.err);
  REQUIRE(result.exit_status == 0);
  return result.out.substr(0, result.out.find('\n'));
}

void DaemonFixture::drop(const std::string& file_name, const std::string& bytes) const {
  drop_into("pending", file_name, bytes);
}

void DaemonFixture::drop_into(const std::string& folder, const std::string& file_name,
                              const std::string& bytes) const {
  directory_.write("queue/.tmp/" + file_name, bytes);
  std::filesystem::rename(path("queue/.tmp/" + file_name), path("queue/" + folder + "/" + file_name));
}

std::vector<std::string> DaemonFixture::names(const std::string& folder) const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(path("queue/" + folder))) {
    const std::string name = entry.path().filename().string();
    if (name.front() != '.') found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string DaemonFixture::text_of_only(const std::string& folder) const {
  const auto found = names(folder);
  REQUIRE(found.size() == 1);
  return directory_.read("queue/" + folder + "/" + found.front());
}

std::vector<std::string> DaemonFixture::sql(const std::string& text) const {
  sqlite3* database_handle = nullptr;
  if (sqlite3_open_v2(database().c_str(), &database_handle, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
    sqlite3_close(database_handle);
    throw std::runtime_error("cannot open " + database());
  }
  sqlite3_busy_timeout(database_handle, 10'000);
  std::vector<std::string> rows;
  const auto collect = [](void* to, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(values[0] == nullptr ? "" : values[0]);
    return 0;
  };
  char* problem = nullptr;
  const int status = sqlite3_exec(database_handle, text.c_str(), collect, &rows, &problem);
  const std::string message = problem == nullptr ? "" : problem;
  sqlite3_free(problem);
  sqlite3_close(database_handle);
  if (status != SQLITE_OK) throw std::runtime_error(text + ": " + message);
  return rows;
}

template <class Done>
void DaemonFixture::wait_for_change(Done done, const std::string& what) const {
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  REQUIRE(watch >= 0);
  for (const char* folder : {"pending", "processing", "completed", "failed", "deferred", "corrupt", ""}) {
    ::inotify_add_watch(watch, path("queue/" + std::string(folder)).c_str(), IN_MOVE | IN_CREATE | IN_DELETE);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{wait_seconds_max};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::close(watch);
      FAIL("waited in vain for " << what);
    }
    pollfd waiting{.fd = watch, .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, 1000);
    std::array<char, 65536> ignored{};
    while (::read(watch, ignored.data(), ignored.size()) > 0) {
    }
  }
  ::close(watch);
}

void DaemonFixture::wait_until(const std::string& text, const std::string& value) const {
  wait_for_change(
      [&] {
        const auto rows = sql(text);
        return !rows.empty() && rows.front() == value;
      },
      text + " to be " + value);
}

void DaemonFixture::wait_for_names(const std::string& folder, std::size_t count) const {
  wait_for_change([&] { return names(folder).size() == count; }, std::to_string(count) + " in " + folder);
}

}  // namespace spoold::test
