#include "backend/sqlite_script.hpp"

namespace spoold {

namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The next piece of an SQL text: white space or a comment (empty), a word, a quoted string, or one character.
std::string_view next_token(std::string_view& rest) {
  const auto take = [&](std::size_t length) {
    const std::string_view token = rest.substr(0, length);
    rest.remove_prefix(token.size());
    return token;
  };
  // Up to and with the closing text; to the end where it is not closed.
  const auto take_until = [&](std::string_view closing, std::size_t from) {
    const std::size_t at = rest.find(closing, from);
    return take(at == std::string_view::npos ? rest.size() : at + closing.size());
  };
  const char first = rest.front();
  if (rest.starts_with("--")) return take_until("\n", 2), std::string_view{};
  if (rest.starts_with("/*")) return take_until("*/", 2), std::string_view{};
  if (first == '\'' || first == '"' || first == '`') return take_until(rest.substr(0, 1), 1);
  if (first == '[') return take_until("]", 1);
  if (is_space(first)) return take(1), std::string_view{};
  std::size_t length = 0;
  while (length < rest.size() && is_word(rest[length])) ++length;
  return take(length == 0 ? 1 : length);
}

bool is(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if ((c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) != upper[i]) return false;
  }
  return true;
}

// Follows one statement, word by word, to know whether a ';' ends it. The body of a trigger is full of them;
// it ends with "; END ;".
class StatementEnd {
 public:
  // True if the statement ends with this token.
  [[nodiscard]] bool ends_with(std::string_view token) {
    const bool semicolon = token == ";";
    if (semicolon && (!trigger_ || end_seen_)) {
      *this = StatementEnd{};
      return true;
    }
    if (head_) read_head(token);
    end_seen_ = after_semicolon_ && is(token, "END");
    after_semicolon_ = semicolon;
    return false;
  }

 private:
  void read_head(std::string_view token) {
    if (create_ && is(token, "TRIGGER")) {
      trigger_ = true;
      head_ = false;
    } else if (is(token, "CREATE")) {
      create_ = true;
    } else if (!is(token, "TEMP") && !is(token, "TEMPORARY") && !is(token, "EXPLAIN")) {
      head_ = false;
    }
  }

  bool head_ = true;
  bool create_ = false;
  bool trigger_ = false;
  bool after_semicolon_ = false;
  bool end_seen_ = false;
};

}  // namespace

std::size_t count_statements(std::string_view sql) {
  StatementEnd statement;
  std::size_t count = 0;
  bool empty = true;
  while (!sql.empty()) {
    const std::string_view token = next_token(sql);
    if (token.empty()) continue;
    if (statement.ends_with(token)) {
      empty = true;
    } else if (empty) {
      empty = false;
      ++count;
    }
  }
  return count;
}

}  // namespace spoold
