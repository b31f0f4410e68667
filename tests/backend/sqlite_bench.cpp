#include "backend/sqlite_bench.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <stdexcept>

#include "entry/entry_format.hpp"

namespace spoold::test {

namespace asio = boost::asio;

MonotonicTime HandClock::monotonic_now() const {
  if (looks_left_ > 0 && --looks_left_ == 0) action_();
  return MonotonicTime{std::chrono::nanoseconds{monotonic_ += tick_}};
}

void HandClock::at_look(int count, std::function<void()> action) {
  action_ = std::move(action);
  looks_left_ = count;
}

OtherConnection::OtherConnection(const std::string& path) {
  // By its name, so that a faulty VFS that is the default does not reach it.
  if (sqlite3_open_v2(path.c_str(), &connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix") !=
      SQLITE_OK) {
    throw std::runtime_error("cannot open " + path);
  }
  execute("PRAGMA synchronous = OFF");
}

OtherConnection::~OtherConnection() {
  sqlite3_close(connection_);
}

void OtherConnection::execute(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(connection_));
  }
}

std::string OtherConnection::query(const std::string& sql) {
  std::string rows;
  const auto add_row = [](void* all, int count, char** values, char**) {
    auto& text = *static_cast<std::string*>(all);
    if (!text.empty()) text += ' ';
    for (int i = 0; i < count; ++i) {
      if (i > 0) text += '|';
      text += values[i] == nullptr ? "NULL" : values[i];
    }
    return 0;
  };
  if (sqlite3_exec(connection_, sql.c_str(), add_row, &rows, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(connection_));
  }
  return rows;
}

struct SqliteBench::Loop {
  asio::io_context context;
};

SqliteBench::SqliteBench(const Change& change) : loop_(std::make_unique<Loop>()) {
  options_.database = directory_ / "main.db";
  options_.busy_timeout = std::chrono::nanoseconds{0};
  if (change) change(options_);
  execute("CREATE TABLE item(id INTEGER PRIMARY KEY, value)");
  restart();
  if (const std::string problem = open(); !problem.empty()) throw std::runtime_error(problem);
  restart();
}

SqliteBench::~SqliteBench() = default;

void SqliteBench::restart() {
  backend_.reset();
  backend_ = std::make_unique<SqliteBackend>(loop_->context.get_executor(), clock, options_);
}

template <class Value>
Value SqliteBench::wait(asio::awaitable<Value> awaitable) {
  std::optional<Value> result;
  asio::co_spawn(loop_->context, std::move(awaitable), [&](std::exception_ptr problem, Value value) {
    if (problem) std::rethrow_exception(problem);
    result = std::move(value);
  });
  loop_->context.restart();
  loop_->context.run();
  return std::move(result).value();
}

std::vector<Outcome> SqliteBench::perform(const std::vector<std::string>& documents) {
  std::vector<Entry> entries;
  std::vector<EntryName> names(documents.size());
  for (const std::string& document : documents) {
    Json json = parse_json(document).value();
    if (!json.contains("operation")) json["operation"] = "test";
    entries.push_back(make_entry(std::move(json)).value());
  }
  std::vector<Attempt> batch(documents.size());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    names[i].seq = ++seq_;
    names[i].attempts = 1;
    batch[i] = Attempt{&entries[i], &names[i], {}};
  }
  return wait(backend_->perform(std::move(batch)));
}

std::string SqliteBench::run(const std::string& sql) {
  return perform(Json{{"sql", sql}}.dump());
}

std::string SqliteBench::perform_as(std::uint64_t seq, const std::string& document,
                                    std::optional<std::chrono::nanoseconds> timeout) {
  Json json = parse_json(document).value();
  if (!json.contains("operation")) json["operation"] = "test";
  const Entry entry = make_entry(std::move(json)).value();
  EntryName name;
  name.seq = seq;
  std::vector<Attempt> batch{Attempt{&entry, &name, timeout}};
  return describe(wait(backend_->perform(std::move(batch))).at(0));
}

void SqliteBench::perform_all(const std::vector<Entry>& entries, std::size_t first, std::size_t count) {
  std::vector<EntryName> names(count);
  std::vector<Attempt> batch(count);
  for (std::size_t i = 0; i < count; ++i) {
    names[i].seq = first + i + 1;
    batch[i] = Attempt{&entries[first + i], &names[i], {}};
  }
  for (const Outcome& outcome : wait(backend_->perform(std::move(batch)))) {
    if (!std::holds_alternative<Done>(outcome)) throw std::runtime_error(describe(outcome));
  }
}

std::string SqliteBench::open() {
  const auto problem = wait(backend_->open());
  return problem ? problem->reason : "";
}

void SqliteBench::maintain(WallTime now, std::uint64_t oldest_live) {
  asio::co_spawn(loop_->context, backend_->maintain(now, oldest_live), [](std::exception_ptr problem) {
    if (problem) std::rethrow_exception(problem);
  });
  loop_->context.restart();
  loop_->context.run();
}

std::string SqliteBench::describe(const Outcome& outcome) {
  std::string word{to_string(outcome)};
  return std::visit(
      [&](const auto& it) -> std::string {
        if constexpr (requires { it.reason; }) {
          return word + ": " + it.reason;
        } else {
          return word;
        }
      },
      outcome);
}

std::vector<std::string> SqliteBench::describe(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> all;
  for (const Outcome& outcome : outcomes) all.push_back(describe(outcome));
  return all;
}

std::string SqliteBench::query(const std::string& sql) const {
  return OtherConnection{options_.database}.query(sql);
}

void SqliteBench::execute(const std::string& sql) const {
  OtherConnection{options_.database}.execute(sql);
}

std::string insert_item(int id, const std::string& key) {
  Json document{{"sql", "INSERT INTO item VALUES (?, 'x')"}, {"params", {id}}};
  if (!key.empty()) document["key"] = key;
  return document.dump();
}

}  // namespace spoold::test
