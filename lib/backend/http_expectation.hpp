#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/http_options.hpp"
#include "base/result.hpp"

namespace spoold {

// A path into an answer: a JSON pointer (RFC 6901), "" being the whole, that goes on inside a text which
// holds JSON. Chat services wrap what a model wrote into a text, and a model that was told to write JSON is
// asked for a part of it: "/message/content/score".
class JsonPath {
 public:
  // Kind invalid unless it is a JSON pointer.
  [[nodiscard]] static Result<JsonPath> parse(const std::string& pointer);

  // A copy of what is there.
  [[nodiscard]] std::optional<Json> find(const Json& document) const;

 private:
  std::vector<std::string> steps_;
};

// Judges answers by the `expect` of the options.
class HttpExpectations {
 public:
  // Kind invalid: a pointer or a regular expression cannot be read.
  [[nodiscard]] static Result<HttpExpectations> parse(const std::vector<HttpExpectation>& expectations);

  HttpExpectations();
  HttpExpectations(HttpExpectations&&) noexcept;
  HttpExpectations& operator=(HttpExpectations&&) noexcept;
  ~HttpExpectations();

  // What is not as expected, the first of it; nothing if all is.
  [[nodiscard]] std::optional<std::string> unmet(const Json& answer) const;
  [[nodiscard]] bool empty() const { return checks_.empty(); }

 private:
  struct Check;
  std::vector<Check> checks_;
};

// The number at `path`, be it written as a text ("7.5"); null if none is there.
[[nodiscard]] Json score_of(const Json& answer, const JsonPath& path);

}  // namespace spoold
