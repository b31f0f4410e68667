#include "backend/http_expectation.hpp"

#include <boost/regex.hpp>
#include <charconv>
#include <stdexcept>

#include "entry/utf8.hpp"

namespace spoold {

namespace {

// "~1" is a stroke, "~0" a tilde; nothing else follows a tilde.
std::optional<std::string> unescape(std::string_view step) {
  std::string result;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      result += step[i];
    } else if (i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      result += step[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return result;
}

const Json* step_into(const Json& value, const std::string& step) {
  if (value.is_object()) {
    const auto found = value.find(step);
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array() || (step.size() > 1 && step.front() == '0')) return nullptr;
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool good = problem == std::errc{} && end == step.data() + step.size() && index < value.size();
  return good ? &value[index] : nullptr;
}

std::string shown(const Json& value) {
  return excerpt(value.is_string() ? value.get<std::string>()
                                   : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Result<JsonPath> JsonPath::parse(const std::string& pointer) {
  const auto bad = [&](const std::string& why) {
    return Error{ErrorKind::invalid,
                 excerpt(pointer) + " " + why + "; expected a JSON pointer, such as /message/content"};
  };
  JsonPath path;
  if (pointer.empty()) return path;
  if (pointer.front() != '/') return bad("does not begin with '/'");
  std::string_view rest{pointer};
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    auto step = unescape(rest.substr(0, end));
    if (!step) return bad("has a '~' that neither 0 nor 1 follows");
    path.steps_.push_back(std::move(*step));
    rest.remove_prefix(end);
  }
  return path;
}

std::optional<Json> JsonPath::find(const Json& document) const {
  const Json* value = &document;
  Json inside;  // the text last opened
  for (const std::string& step : steps_) {
    if (value->is_string()) {
      auto opened = parse_json(value->get_ref<const std::string&>());
      if (!opened) return std::nullopt;
      inside = std::move(*opened);
      value = &inside;
    }
    value = step_into(*value, step);
    if (value == nullptr) return std::nullopt;
  }
  return *value;
}

struct HttpExpectations::Check {
  HttpExpectation wanted;
  JsonPath path;
  std::optional<boost::regex> pattern;

  [[nodiscard]] std::optional<std::string> unmet(const Json& answer) const {
    const auto found = path.find(answer);
    const std::string at = "the answer's " + (wanted.pointer.empty() ? "whole" : wanted.pointer);
    if (!wanted.exists) return found ? std::optional{at + " is there: " + shown(*found)} : std::nullopt;
    if (!found) return at + " is missing";
    if (wanted.equals && *found != *wanted.equals)
      return at + " is " + shown(*found) + "; expected " + shown(*wanted.equals);
    if (wanted.minimum && (!found->is_number() || found->get<double>() < *wanted.minimum))
      return at + " is " + shown(*found) + "; expected a number of " + Json(*wanted.minimum).dump() +
             " or more";
    if (pattern && !is_matched(*found)) return at + " is " + shown(*found) + "; expected " + *wanted.matches;
    return std::nullopt;
  }

  [[nodiscard]] bool is_matched(const Json& value) const {
    if (!value.is_string()) return false;
    try {
      return boost::regex_search(value.get_ref<const std::string&>(), *pattern);
    } catch (const std::runtime_error&) {
      return false;  // a search that would take forever is given up by the library
    }
  }
};

HttpExpectations::HttpExpectations() = default;
HttpExpectations::HttpExpectations(HttpExpectations&&) noexcept = default;
HttpExpectations& HttpExpectations::operator=(HttpExpectations&&) noexcept = default;
HttpExpectations::~HttpExpectations() = default;

Result<HttpExpectations> HttpExpectations::parse(const std::vector<HttpExpectation>& expectations) {
  HttpExpectations made;
  for (const HttpExpectation& wanted : expectations) {
    auto path = JsonPath::parse(wanted.pointer);
    if (!path) return path.error();
    std::optional<boost::regex> pattern;
    if (wanted.matches) {
      pattern.emplace(*wanted.matches, boost::regex::perl | boost::regex::no_except);
      if (pattern->status() != 0)
        return Error{ErrorKind::invalid, excerpt(*wanted.matches) +
                                             " is no regular expression; expected one such as ^ok (and '\\' "
                                             "before a letter that stands for itself)"};
    }
    made.checks_.push_back(Check{wanted, std::move(*path), std::move(pattern)});
  }
  return made;
}

std::optional<std::string> HttpExpectations::unmet(const Json& answer) const {
  for (const Check& check : checks_) {
    if (auto why = check.unmet(answer)) return why;
  }
  return std::nullopt;
}

Json score_of(const Json& answer, const JsonPath& path) {
  const auto found = path.find(answer);
  if (!found) return nullptr;
  if (found->is_number()) return *found;
  if (!found->is_string()) return nullptr;
  const auto number = parse_json(found->get_ref<const std::string&>());
  return number && number->is_number() ? *number : Json(nullptr);
}

}  // namespace spoold
