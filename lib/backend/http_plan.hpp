#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/http_address_policy.hpp"
#include "backend/http_expectation.hpp"
#include "backend/http_options.hpp"
#include "backend/http_template.hpp"

namespace spoold {

// The options, read: what every request of a backend is made by. Nothing of it comes from files.
struct HttpPlan {
  HttpTemplate url;
  std::vector<std::pair<std::string, HttpTemplate>> headers;
  std::string content_type;          // of the body; the header's constant value, or JSON
  std::optional<HttpTemplate> body;  // of the option `body`
  HttpAddressPolicy policy;
  HttpExpectations expectations;
  std::optional<JsonPath> score;
};

// A body template in the language of `content_type`.
[[nodiscard]] Result<HttpTemplate> parse_body_template(std::string_view text,
                                                       const std::string& content_type);

// Reads the options; what is wrong goes to `problems`, and the plan is then of no use.
[[nodiscard]] HttpPlan plan_http(const HttpOptions& options, std::vector<HttpProblem>& problems);

}  // namespace spoold
