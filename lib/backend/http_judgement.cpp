#include "backend/http_judgement.hpp"

#include "backend/http_receipt.hpp"
#include "backend/http_verdict.hpp"

namespace spoold {

namespace {

bool looks_into_answers(const HttpPlan& plan) {
  return !plan.expectations.empty() || plan.score;
}

// The server says it is done; whether the answer is what was wanted is seen from its parts.
Outcome judge_content(const HttpResponse& response, Json receipt, const HttpOptions& options,
                      const HttpPlan& plan) {
  if (!looks_into_answers(plan)) return Done{std::move(receipt)};
  const auto json = response.end == HttpResponse::End::whole
                        ? parse_json(response.body)
                        : Result<Json>{Error{ErrorKind::too_large, "it is over max_response_bytes", 0}};
  if (plan.score) receipt["score"] = json ? score_of(*json, *plan.score) : Json(nullptr);
  if (plan.expectations.empty()) return Done{std::move(receipt)};
  const auto unmet =
      json ? plan.expectations.unmet(*json) : std::optional{"the answer is no JSON: " + json.error().context};
  if (!unmet) return Done{std::move(receipt)};
  if (options.expectation_failed == HttpVerdict::reject) return Reject{*unmet};
  return Retry{*unmet, std::nullopt};
}

}  // namespace

Outcome judge(const HttpAnswer& answer, const HttpOptions& options, const HttpPlan& plan, WallTime now,
              std::chrono::nanoseconds duration) {
  if (const auto* const failure = std::get_if<HttpFailure>(&answer)) return judge(*failure);
  const auto& response = std::get<HttpResponse>(answer);
  if (auto outcome = judge(response, options, now)) return std::move(*outcome);
  return judge_content(response, http_receipt(response, now, duration, options.receipt_bytes_max), options,
                       plan);
}

std::uint64_t http_bytes_kept(const HttpOptions& options, const HttpPlan& plan) {
  return looks_into_answers(plan) ? options.response_bytes_max : options.receipt_bytes_max;
}

}  // namespace spoold
