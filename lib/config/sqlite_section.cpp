#include "config/backend_section.hpp"

namespace spoold {

namespace {

using Words = std::vector<std::pair<std::string, std::string>>;

void read_statements(MapReader statements, std::map<std::string, std::string>& target) {
  for (const MapReader::Child& child : statements.members()) {
    if (child.name.empty()) {
      statements.reading().refuse(
          {child.line, {}},
          statements.path() + ": a statement without a name; expected the operation it is for");
      continue;
    }
    std::string sql;
    const Option option = text_option("", sql, "SQL, such as DELETE FROM sessions WHERE id = ?");
    if (statements.value(child, option)) target[child.name] = sql;
  }
}

}  // namespace

decltype(BackendConfig::options) read_sqlite(MapReader& backend) {
  SqliteOptions options;
  backend.required(path_option("database", options.database, backend.reading().directory(),
                               "the path of a database, such as /var/lib/spoold/main.db"));
  backend.options({
      count_option<std::size_t>("batch", options.batch, 1, 10'000, 100),
      duration_option("busy_timeout", options.busy_timeout, {"0s", "1h", "5s", ""}),
      duration_option("statement_timeout", options.statement_timeout, {"1ms", "24h", "30s", ""}),
      duration_option("ledger_age", options.ledger_age, {"0s", long_time, "7d", ""}),
      choice_option<std::string>(
          "journal_mode", options.journal_mode,
          Words{{"wal", "wal"}, {"delete", "delete"}, {"truncate", "truncate"}, {"persist", "persist"}}),
      choice_option<std::string>("synchronous", options.synchronous,
                                 Words{{"full", "full"}, {"normal", "normal"}}),
      flag_option("foreign_keys", options.foreign_keys),
  });
  read_statements(backend.map("statements", "{ end_session: \"DELETE FROM sessions WHERE id = ?\" }"),
                  options.statements);
  return options;
}

}  // namespace spoold
