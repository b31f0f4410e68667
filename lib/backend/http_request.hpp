#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backend/http_plan.hpp"
#include "backend/http_url.hpp"

namespace spoold {

// What a backend reads from files: on opening, and a template that only attempts name when it is first named.
struct HttpFiles {
  std::vector<std::pair<std::string, std::string>> headers;  // with their secret values
  std::vector<std::string> webhook_keys;
  std::map<std::string, HttpTemplate> templates;  // by path
};

// Reads all that `options` names. The Error says which file.
[[nodiscard]] Result<HttpFiles> read_http_files(const HttpOptions& options, const HttpPlan& plan);

// The template at `path`, read now if it was not before.
[[nodiscard]] Result<const HttpTemplate*> template_at(const std::string& path, const HttpPlan& plan,
                                                      HttpFiles& files);

// A request as it goes over the wire. Every byte of it that comes from a person or an entry was checked.
struct HttpRequest {
  HttpUrl url;
  std::string bytes;
  bool expects_body = true;  // false: the answer to HEAD
};

// Makes the request of an attempt; the template is the one for its body, if any. Kind invalid: the entry does
// not fit (a placeholder without a value, a header with a line break, a host that may not be called).
[[nodiscard]] Result<HttpRequest> make_request(const HttpOptions& options, const HttpPlan& plan,
                                               const HttpFiles& files, const HttpTemplate* body_template,
                                               const Attempt& attempt, WallTime now);

}  // namespace spoold
