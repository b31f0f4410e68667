#include "backend/http_verdict.hpp"

#include "backend/http_retry_after.hpp"
#include "entry/entry_name.hpp"
#include "entry/utf8.hpp"

namespace spoold {

namespace {

constexpr std::size_t phrase_bytes_max = 60;

HttpVerdict verdict_by_default(unsigned status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
      return HttpVerdict::retry;
    case 410:
      return HttpVerdict::reject_and_pause;
    case 502:
    case 503:
    case 504:
      return HttpVerdict::unavailable;
    default:
      break;
  }
  if (status >= 200 && status < 300) return HttpVerdict::done;
  // Below 200 nothing ends a request: a server that says so has not understood it, and may next time.
  return status >= 500 || status < 200 ? HttpVerdict::retry : HttpVerdict::reject;
}

// 429 and 503 are said of the service, not of the request.
bool asks_everyone_to_wait(unsigned status) {
  return status == 429 || status == 503;
}

}  // namespace

HttpVerdict verdict_of(unsigned status, const HttpOptions& options) {
  const auto found = options.statuses.find(status);
  return found == options.statuses.end() ? verdict_by_default(status) : found->second;
}

std::string describe(const HttpResponse& response) {
  std::string text = "HTTP " + std::to_string(response.status);
  if (!response.phrase.empty()) text += " " + printable(cut_utf8(response.phrase, phrase_bytes_max));
  if (response.status >= 300 && response.status < 400) {
    text += response.location.empty() ? ": a redirect" : ": a redirect to " + excerpt(response.location);
    return text + ", which is not followed; set the url to where it leads";
  }
  return response.body.empty() ? text : text + ": " + excerpt(response.body);
}

std::optional<Outcome> judge(const HttpResponse& response, const HttpOptions& options, WallTime now) {
  HttpVerdict verdict = verdict_of(response.status, options);
  std::optional<WallTime> until;
  if (const auto wait = parse_retry_after(response.retry_after, now, options.retry_after_max))
    until = now + *wait;
  const bool overridden = options.statuses.contains(response.status);
  if (until && asks_everyone_to_wait(response.status) && !overridden) verdict = HttpVerdict::unavailable;

  switch (verdict) {
    case HttpVerdict::done:
      // What was promised did not come: nobody knows the rest of the answer. The key is the same next time.
      if (response.end == HttpResponse::End::broken)
        return Retry{describe(response) + " broke off: " + response.trouble, std::nullopt};
      return std::nullopt;
    case HttpVerdict::retry:
      return Retry{describe(response), until};
    case HttpVerdict::reject:
      return Reject{describe(response)};
    case HttpVerdict::unavailable:
      return Unavailable{describe(response), until};
    case HttpVerdict::reject_and_pause:
      break;
  }
  return Reject{describe(response), true};
}

Outcome judge(const HttpFailure& failure) {
  switch (failure.kind) {
    case HttpFailure::Kind::refused:
      return reject_unasked(failure.reason);
    case HttpFailure::Kind::unreachable:
      return Unavailable{failure.reason, std::nullopt};
    case HttpFailure::Kind::interrupted:
      return Interrupted{failure.reason};
    case HttpFailure::Kind::no_answer:
      break;
  }
  return Retry{failure.reason, std::nullopt};
}

Outcome for_this_entry_alone(Outcome outcome) {
  if (auto* const unavailable = std::get_if<Unavailable>(&outcome))
    return Retry{std::move(unavailable->reason), unavailable->until};
  if (auto* const reject = std::get_if<Reject>(&outcome)) reject->pause_lane = false;
  return outcome;
}

}  // namespace spoold
