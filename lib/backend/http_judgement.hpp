#pragma once

#include <chrono>
#include <cstdint>

#include "backend/http_options.hpp"
#include "backend/http_plan.hpp"
#include "backend/http_response.hpp"
#include "base/time.hpp"
#include "entry/outcome.hpp"

namespace spoold {

// What an attempt came to, from whatever its request was answered: the verdict on the status and, where that
// is done, on the answer's content (`expect`), with the score and the receipt. `plan` is that of `options`.
[[nodiscard]] Outcome judge(const HttpAnswer& answer, const HttpOptions& options, const HttpPlan& plan,
                            WallTime now, std::chrono::nanoseconds duration);

// How much of a body must be kept in memory for that: what the receipt shows, or all where its parts are
// looked into.
[[nodiscard]] std::uint64_t http_bytes_kept(const HttpOptions& options, const HttpPlan& plan);

}  // namespace spoold
