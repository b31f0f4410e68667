#pragma once

#include <chrono>
#include <cstdint>

#include "backend/http_response.hpp"
#include "base/time.hpp"
#include "entry/json.hpp"

namespace spoold {

// The receipt of an answer: status, finished_at, duration_ms, http_status, headers (content-type), body,
// body_truncated. The body is JSON where it is said to be, and whole; else a text; bytes that are no UTF-8
// are base64 and `body_encoding` says so. At most `bytes_max` bytes of it are kept.
[[nodiscard]] Json http_receipt(const HttpResponse& response, WallTime finished_at,
                                std::chrono::nanoseconds duration, std::uint64_t bytes_max);

}  // namespace spoold
