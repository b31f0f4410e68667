#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entry/json.hpp"

namespace spoold {

// What an HTTP status means for the entry, in the words of docs/http.md.
enum class HttpVerdict {
  done,
  retry,
  reject,
  unavailable,      // the service is not there: the lane waits, no attempt is counted
  reject_and_pause  // this entry is rejected, and the lane waits too
};

// One thing an answer must satisfy: every member that is set.
struct HttpExpectation {
  std::string pointer;  // RFC 6901; a step into a text that holds JSON goes on inside it
  bool exists = true;   // false: nothing may be there
  std::optional<Json> equals;
  std::optional<std::string> matches;  // regular expression (Perl's), found anywhere in a text
  std::optional<double> minimum;       // of a number

  friend bool operator==(const HttpExpectation&, const HttpExpectation&) = default;
};

// A backend `type: http` of the configuration. Names of files that hold secrets are paths; relative ones lie
// in $CREDENTIALS_DIRECTORY. Placeholders ({{operation}}, {{body.a.b}}) are described in http_template.hpp.
struct HttpOptions {
  std::string url;              // http or https; may hold placeholders
  std::string method = "POST";  // GET, HEAD, POST, PUT, PATCH, DELETE

  std::map<std::string, std::string> headers;       // values may hold placeholders
  std::map<std::string, std::string> header_files;  // values from files
  std::string authorization_file;                   // the value of Authorization from a file; empty: none
  std::vector<std::string> webhook_secret_files;    // sign with each (Standard Webhooks); rotation: new, old

  std::string body;           // template; empty: see template_file
  std::string template_file;  // template in a file; empty: the entry's `body` as it is
  // Template files that attempts may name instead (Attempt::template_file): looked at on opening, so that a
  // missing one is known before an entry needs it.
  std::vector<std::string> route_template_files;

  std::chrono::nanoseconds timeout = std::chrono::seconds{30};          // of the whole attempt
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds{10};  // look-up, connection, TLS
  std::chrono::nanoseconds keep_alive = std::chrono::seconds{60};  // unused connections are kept; 0: none is
  std::size_t concurrency = 1;                                     // requests at the same time, 1 to 1000

  std::uint64_t receipt_bytes_max = 64ULL * 1024;          // of the answer's body, kept in the receipt
  std::uint64_t response_bytes_max = 4ULL * 1024 * 1024;   // of the answer's body, read at all
  std::uint64_t response_header_bytes_max = 16ULL * 1024;  // of the answer's header

  std::string ca_file;  // PEM, instead of the system's authorities

  // Names ("api.example.com", "*.example.com", "*"), addresses and networks ("10.0.0.0/8") that may be
  // called; private addresses only if listed as such. REQUIRED where the host comes from the entry; empty:
  // the host of `url`, whatever its address.
  std::vector<std::string> allow_hosts;

  std::map<unsigned, HttpVerdict> statuses;  // over the table in docs/http.md
  std::chrono::nanoseconds retry_after_max = std::chrono::hours{1};

  std::vector<HttpExpectation> expect;                  // of an answer that means done
  HttpVerdict expectation_failed = HttpVerdict::retry;  // or reject
  std::string score;  // JSON pointer to a number of the answer, kept in the receipt; empty: none

  friend bool operator==(const HttpOptions&, const HttpOptions&) = default;
};

// What is wrong with one option, and what would be right.
struct HttpProblem {
  std::string option;  // the member's key in the configuration ("url", "headers")
  std::string text;
};

// Everything that can be said about the options without opening a file. Empty: they are good.
[[nodiscard]] std::vector<HttpProblem> check_http_options(const HttpOptions& options);

}  // namespace spoold
