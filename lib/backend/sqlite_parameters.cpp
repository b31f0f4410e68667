#include "backend/sqlite_parameters.hpp"

#include <iterator>
#include <limits>

namespace spoold {

namespace {

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

std::optional<std::string> refusal(sqlite3_stmt* statement, int code, const std::string& which) {
  if (code == SQLITE_OK) return std::nullopt;
  return which + ": " + sqlite3_errmsg(sqlite3_db_handle(statement));
}

// Strings are not copied: the entry outlives the statement's run.
std::optional<std::string> bind_value(sqlite3_stmt* statement, int index, const Json& value,
                                      const std::string& which) {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  switch (value.type()) {
    case Json::value_t::null:
      return refusal(statement, sqlite3_bind_null(statement, index), which);
    case Json::value_t::boolean:
      return refusal(statement, sqlite3_bind_int(statement, index, value.get<bool>() ? 1 : 0), which);
    case Json::value_t::number_unsigned:
      if (value.get<std::uint64_t>() > largest) {
        return which + " is " + value.dump() + ", but integers in SQLite end at 9223372036854775807";
      }
      [[fallthrough]];
    case Json::value_t::number_integer:
      return refusal(statement, sqlite3_bind_int64(statement, index, value.get<std::int64_t>()), which);
    case Json::value_t::number_float:
      return refusal(statement, sqlite3_bind_double(statement, index, value.get<double>()), which);
    case Json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      return refusal(
          statement,
          sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8), which);
    }
    default: {
      const std::string text = value.dump();
      return refusal(
          statement,
          sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
          which);
    }
  }
}

}  // namespace

SqliteParameters::SqliteParameters(const Json& params) : params_(params) {
  if (params.is_object()) taken_names_.resize(params.size());
}

std::optional<std::string> SqliteParameters::bind(SqliteStatement& statement) {
  const int count = sqlite3_bind_parameter_count(statement.get());
  if (count == 0) return std::nullopt;
  if (params_.is_array()) return bind_in_order(statement.get(), count);
  if (params_.is_object()) return bind_by_name(statement.get(), count);
  return "the statement takes " + count_of(static_cast<std::size_t>(count), "parameter") +
         ", but the entry has no params: add them as an array or an object";
}

std::optional<std::string> SqliteParameters::bind_in_order(sqlite3_stmt* statement, int count) {
  const std::size_t left = params_.size() - taken_;
  if (left < static_cast<std::size_t>(count)) {
    return "the statement takes " + count_of(static_cast<std::size_t>(count), "parameter") +
           ", but params has " + count_of(left, "value") + (taken_ == 0 ? "" : " left");
  }
  for (int index = 1; index <= count; ++index, ++taken_) {
    const std::string which = "params[" + std::to_string(taken_) + "]";
    if (auto problem = bind_value(statement, index, params_[taken_], which)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> SqliteParameters::bind_by_name(sqlite3_stmt* statement, int count) {
  for (int index = 1; index <= count; ++index) {
    const char* raw = sqlite3_bind_parameter_name(statement, index);
    if (raw == nullptr || raw[0] == '?') {
      return "the statement has a parameter without a name (?), but params is an object: name it (:name), or "
             "give an array";
    }
    const std::string name{raw};
    auto given = params_.find(name);
    if (given == params_.end()) given = params_.find(name.substr(1));
    if (given == params_.end()) return "the statement takes " + name + ", which params does not give";
    taken_names_[static_cast<std::size_t>(std::distance(params_.begin(), given))] = true;
    if (auto problem = bind_value(statement, index, *given, "params." + given.key())) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> SqliteParameters::left_over() const {
  if (params_.is_array() && taken_ < params_.size()) {
    return "params has " + count_of(params_.size(), "value") + ", but the SQL takes " +
           std::to_string(taken_);
  }
  if (!params_.is_object()) return std::nullopt;
  auto member = params_.begin();
  for (const bool taken : taken_names_) {
    if (!taken) return "params gives '" + member.key() + "', which the SQL does not name";
    ++member;
  }
  return std::nullopt;
}

}  // namespace spoold
