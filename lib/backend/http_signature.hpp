#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace spoold {

// The key of a Standard Webhooks secret: after "whsec_" it is base64, else the bytes themselves. Kind invalid
// where that is no base64 or the key has under 16 bytes.
[[nodiscard]] Result<std::string> webhook_key(std::string_view secret);

// The value of webhook-signature (Standard Webhooks 1.0): for each key "v1,<base64 of HMAC-SHA256>" over
// "<id>.<seconds since 1970>.<body>", separated by spaces. A receiver takes any of them, so keys are changed
// by signing with both for a while.
[[nodiscard]] std::string webhook_signature(const std::vector<std::string>& keys, std::string_view id,
                                            WallTime timestamp, std::string_view body);

// The value of webhook-timestamp.
[[nodiscard]] std::string webhook_timestamp(WallTime time);

}  // namespace spoold
