#include "backend/http_template.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

Error bad(std::string context) {
  return Error{ErrorKind::invalid, std::move(context)};
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> steps;
  for (;;) {
    const std::size_t dot = path.find('.');
    steps.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

const Json* step_into(const Json& value, const std::string& step) {
  if (value.is_object()) {
    const auto found = value.find(step);
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool good = problem == std::errc{} && end == step.data() + step.size() && index < value.size();
  return good ? &value[index] : nullptr;
}

std::string to_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string without_quotes(const std::string& json_text) {
  return json_text.substr(1, json_text.size() - 2);
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : to_json(value);
}

// Everything but the unreserved characters of RFC 3986.
std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  static constexpr std::string_view kept = "-._~";
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kept.find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      result += c;
    else
      result += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
  }
  return result;
}

bool fits_a_host(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789-._:[]") == std::string_view::npos;
}

}  // namespace

HttpValues::HttpValues(const Attempt& attempt)
    : entry_(*attempt.entry),
      operation_(attempt.entry->operation),
      id_(format_id(attempt.name->seq)),
      key_(attempt.entry->key.value_or(format_id(attempt.name->seq))),
      attempt_(attempt.name->attempts) {}

const Json* HttpValues::find(const std::vector<std::string>& path) const {
  const std::string& root = path.front();
  if (root == "operation") return &operation_;
  if (root == "id") return &id_;
  if (root == "key") return &key_;
  if (root == "attempt") return &attempt_;
  const Json* value = step_into(entry_.document, root);
  for (std::size_t i = 1; i < path.size() && value != nullptr; ++i) value = step_into(*value, path[i]);
  return value;
}

// Walks the text once, and knows of each placeholder where it stands.
class HttpTemplate::Parser {
 public:
  Parser(std::string_view text, Kind kind) : text_(text) { made_.kind_ = kind; }

  Result<HttpTemplate> parse() {
    for (;;) {
      const std::size_t begin = text_.find(opening);
      const std::string_view literal = text_.substr(0, begin);
      pass(literal);
      if (begin == std::string_view::npos) {
        made_.rest_ = literal;
        break;
      }
      const std::size_t end = text_.find(closing, begin);
      if (end == std::string_view::npos)
        return bad("the placeholder " + excerpt(text_.substr(begin)) + " is not closed with }}");
      SPOOLD_TRY(add(literal, text_.substr(begin + 2, end - begin - 2)));
      text_.remove_prefix(end + 2);
    }
    SPOOLD_TRY(check_sample());
    return std::move(made_);
  }

 private:
  // Follows where in the JSON or the URL the text has come to.
  void pass(std::string_view literal) {
    for (const char c : literal) {
      if (escaped_)
        escaped_ = false;
      else if (in_quotes_ && c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_quotes_ = !in_quotes_;
    }
    before_ += literal;
  }

  Result<void> add(std::string_view literal, std::string_view inside) {
    const std::size_t first = std::min(inside.find_first_not_of(' '), inside.size());
    const std::string_view name = inside.substr(first, inside.find_last_not_of(' ') + 1 - first);
    Piece piece{std::string{literal}, split(name), std::string{name}, place()};
    SPOOLD_TRY(check(piece));
    if (escaped_) return bad("a '\\' stands before the placeholder {{" + piece.name + "}}");
    const bool whole_url = piece.place == Place::raw && made_.kind_ == Kind::url;
    made_.chooses_host_ = made_.chooses_host_ || piece.place == Place::host || whole_url;
    // What follows a whole URL is taken as its path.
    before_ += made_.kind_ == Kind::url && before_.empty() ? "x://x/" : "x";
    sample_ += literal;
    sample_ += piece.place == Place::json_value ? "null" : "x";
    made_.pieces_.push_back(std::move(piece));
    return {};
  }

  static Result<void> check(const Piece& piece) {
    static constexpr std::array<std::string_view, 7> roots{"operation", "id",   "key",     "attempt",
                                                           "url",       "body", "metadata"};
    const auto root = std::find(roots.begin(), roots.end(), piece.path.front());
    const bool has_steps = root != roots.end() && (*root == "body" || *root == "metadata");
    const bool empty_step = std::find(piece.path.begin(), piece.path.end(), "") != piece.path.end();
    if (root != roots.end() && !empty_step && (has_steps || piece.path.size() == 1)) return {};
    return bad("the placeholder {{" + printable(piece.name) +
               "}} is unknown; expected operation, id, key, attempt, url, body, metadata, or a path such as "
               "body.messages.0.text");
  }

  [[nodiscard]] Place place() const {
    switch (made_.kind_) {
      case Kind::json:
        return in_quotes_ ? Place::json_text : Place::json_value;
      case Kind::form:
        return Place::percent;
      case Kind::url:
        return place_in_url();
      case Kind::plain:
        break;
    }
    return Place::raw;
  }

  [[nodiscard]] Place place_in_url() const {
    if (before_.empty()) return Place::raw;
    const std::size_t host = before_.find("://");
    if (host == std::string::npos) return Place::host;
    return before_.find_first_of("/?", host + 3) == std::string::npos ? Place::host : Place::percent;
  }

  // With something in every place the text must be JSON: then it is with anything.
  Result<void> check_sample() {
    if (made_.kind_ != Kind::json) return {};
    const auto json = parse_json(sample_ + made_.rest_);
    if (json) return {};
    return bad("with null in place of each placeholder (x inside quotes) it is no JSON: " +
               json.error().context);
  }

  std::string_view text_;
  HttpTemplate made_;
  std::string before_;
  std::string sample_;
  bool in_quotes_ = false;
  bool escaped_ = false;
};

Result<HttpTemplate> HttpTemplate::parse(std::string_view text, Kind kind) {
  return Parser(text, kind).parse();
}

Result<std::string> HttpTemplate::spell(const Piece& piece, const Json& value) {
  switch (piece.place) {
    case Place::json_value:
      return to_json(value);
    case Place::json_text:
      return without_quotes(to_json(Json(as_text(value))));
    case Place::percent:
      if (value.is_structured() || value.is_null())
        return bad("{{" + piece.name + "}} is no text, number or boolean");
      return percent_encoded(as_text(value));
    case Place::host:
      if (!value.is_primitive() || !fits_a_host(as_text(value)))
        return bad("{{" + piece.name + "}} is no host or port: " + excerpt(as_text(value)));
      return as_text(value);
    case Place::raw:
      break;
  }
  return as_text(value);
}

Result<std::string> HttpTemplate::render(const HttpValues& values) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    result += piece.before;
    const Json* const value = values.find(piece.path);
    if (value == nullptr) return bad("{{" + piece.name + "}} is not in the entry");
    Result<std::string> text = spell(piece, *value);
    if (!text) return text.error();
    result += *text;
  }
  result += rest_;
  // The names of members may come from the entry too: two alike would be read differently by two readers.
  if (kind_ == Kind::json && !pieces_.empty()) {
    if (const auto json = parse_json(result); !json)
      return bad("the filled template is no JSON: " + json.error().context);
  }
  return result;
}

}  // namespace spoold
