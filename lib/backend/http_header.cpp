#include "backend/http_header.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::size_t value_bytes_max = 8000;

// Written by the program, or of the connection and not of the request.
constexpr std::array<std::string_view, 13> kept_for_us{"host",
                                                       "content-length",
                                                       "transfer-encoding",
                                                       "connection",
                                                       "idempotency-key",
                                                       "keep-alive",
                                                       "te",
                                                       "trailer",
                                                       "upgrade",
                                                       "expect",
                                                       "proxy-connection",
                                                       "proxy-authorization",
                                                       "http2-settings"};

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_token_character(char c) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         marks.find(c) != std::string_view::npos;
}

bool breaks_a_value(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

std::string media_type(std::string_view content_type) {
  std::string type = lower(content_type.substr(0, content_type.find(';')));
  type.erase(type.find_last_not_of(" \t") + 1);
  return type;
}

}  // namespace

Result<void> check_header_name(std::string_view name) {
  if (name.empty() || name.size() > 200 || !std::all_of(name.begin(), name.end(), is_token_character))
    return Error{ErrorKind::invalid,
                 excerpt(name) + " is no name of a header; expected letters, digits and '-'"};
  const std::string small = lower(name);
  const bool ours = std::find(kept_for_us.begin(), kept_for_us.end(), small) != kept_for_us.end();
  if (ours || small.starts_with("webhook-"))
    return Error{ErrorKind::invalid, excerpt(name) + " is written by spoold itself and cannot be set"};
  return {};
}

Result<void> check_header_value(std::string_view name, std::string_view value) {
  const std::string of = "the value of " + excerpt(name);
  if (std::any_of(value.begin(), value.end(), breaks_a_value))
    return Error{ErrorKind::invalid, of + " holds a line break, a NUL or another control character"};
  if (value.size() > value_bytes_max) return Error{ErrorKind::invalid, of + " has over 8000 bytes"};
  if (value.find_first_of(" \t") == 0 || (!value.empty() && (value.back() == ' ' || value.back() == '\t')))
    return Error{ErrorKind::invalid, of + " begins or ends with a space, which would be lost"};
  return {};
}

bool same_header_name(std::string_view one, std::string_view other) {
  return lower(one) == lower(other);
}

bool is_json_type(std::string_view content_type) {
  const std::string type = media_type(content_type);
  return type == "application/json" || type.ends_with("+json");
}

bool is_form_type(std::string_view content_type) {
  return media_type(content_type) == "application/x-www-form-urlencoded";
}

}  // namespace spoold
