#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "base/result.hpp"

namespace spoold {

// What the placeholders of one attempt stand for.
class HttpValues {
 public:
  // The attempt's entry and name must outlive the values.
  explicit HttpValues(const Attempt& attempt);

  // The value at "operation", "id" (20 digits), "key", "attempt" (counted from 1), "url", "body" or
  // "metadata", the latter two with steps below them (names of members, indices of arrays). Null if nothing
  // is there; a null in the entry is something.
  [[nodiscard]] const Json* find(const std::vector<std::string>& path) const;

  // The producer's key, else the id: the same in every attempt.
  [[nodiscard]] std::string key() const { return key_.get<std::string>(); }

 private:
  const Entry& entry_;
  Json operation_;
  Json id_;
  Json key_;
  Json attempt_;
};

// A text with placeholders: {{operation}}, {{id}}, {{key}}, {{attempt}}, {{url}}, {{body}}, {{metadata}},
// {{body.messages.0.text}}, {{metadata.tenant}}. What a value turns into depends on where it stands, so that
// no value can become more than a value:
//
//   json   outside of quotes: the whole value as JSON, a text with its quotes; inside quotes: escaped, so
//   that
//          it stays inside. The text around must be JSON.
//   form   percent-encoded; for application/x-www-form-urlencoded.
//   url    in the host: only letters of a host or a port; behind it: percent-encoded, so that a value makes
//          no '/', '?' or '&'; at the very start: as it is, the result being read as a URL anyway.
//   plain  as it is. Nothing protects the text around but the check of what comes out.
//
// Where a value is no text, its JSON is taken; in a URL, only numbers and booleans are.
class HttpTemplate {
 public:
  enum class Kind { json, form, url, plain };

  // Kind invalid where a placeholder is unknown or not closed, or a json template is no JSON.
  [[nodiscard]] static Result<HttpTemplate> parse(std::string_view text, Kind kind);

  // Kind invalid where the entry lacks a value or has one that cannot stand there.
  [[nodiscard]] Result<std::string> render(const HttpValues& values) const;

  // A placeholder stands in the scheme or the host (kind url).
  [[nodiscard]] bool chooses_host() const { return chooses_host_; }
  [[nodiscard]] bool is_constant() const { return pieces_.empty(); }

 private:
  enum class Place { json_value, json_text, percent, host, raw };
  struct Piece {
    std::string before;  // the text between the placeholder before this one and this one
    std::vector<std::string> path;
    std::string name;  // as written
    Place place = Place::raw;
  };
  class Parser;
  [[nodiscard]] static Result<std::string> spell(const Piece& piece, const Json& value);

  Kind kind_ = Kind::plain;
  std::vector<Piece> pieces_;
  std::string rest_;
  bool chooses_host_ = false;
};

}  // namespace spoold
