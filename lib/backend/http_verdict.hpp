#pragma once

#include <optional>

#include "backend/http_options.hpp"
#include "backend/http_response.hpp"
#include "base/time.hpp"
#include "entry/outcome.hpp"

// What an answer, or the lack of one, means for the entry: the table of docs/http.md.

namespace spoold {

[[nodiscard]] HttpVerdict verdict_of(unsigned status, const HttpOptions& options);

// "HTTP 502 Bad Gateway: <the body's beginning>", fit for a person.
[[nodiscard]] std::string describe(const HttpResponse& response);

// What an answer that does not mean done comes to; nothing if it does.
[[nodiscard]] std::optional<Outcome> judge(const HttpResponse& response, const HttpOptions& options,
                                           WallTime now);

[[nodiscard]] Outcome judge(const HttpFailure& failure);

// The same outcome where the entry itself chose the host: that the host is not there says nothing of the
// lane's other hosts, so it is held against this entry alone.
[[nodiscard]] Outcome for_this_entry_alone(Outcome outcome);

}  // namespace spoold
