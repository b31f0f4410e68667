#include "backend/http_receipt.hpp"

#include <algorithm>

#include "backend/http_base64.hpp"
#include "backend/http_header.hpp"
#include "entry/utf8.hpp"

namespace spoold {

namespace {

// In the entry it lies two levels deeper, and the entry must still be readable.
constexpr int body_depth_max = json_depth_max - 4;

bool is_deeper_than(const Json& value, int depth) {
  if (!value.is_structured()) return false;
  if (depth == 0) return true;
  return std::any_of(value.begin(), value.end(),
                     [depth](const Json& member) { return is_deeper_than(member, depth - 1); });
}

void put_body(Json& receipt, const HttpResponse& response, std::uint64_t bytes_max) {
  const std::string_view kept = std::string_view{response.body}.substr(0, bytes_max);
  const bool truncated = response.end != HttpResponse::End::whole || response.length > kept.size();
  if (!truncated && (response.content_type.empty() || is_json_type(response.content_type))) {
    auto json = parse_json(kept);
    if (json && !is_deeper_than(*json, body_depth_max)) {
      receipt["body"] = std::move(*json);
      receipt["body_truncated"] = false;
      return;
    }
  }
  // A character cut in two at the end is no sign of other bytes.
  std::string_view text = kept;
  if (truncated && find_invalid_utf8(text) != std::string_view::npos &&
      text.size() - find_invalid_utf8(text) < 4)
    text = text.substr(0, find_invalid_utf8(text));
  const bool is_text = find_invalid_utf8(text) == std::string_view::npos;
  receipt["body"] = is_text ? std::string{text} : to_base64(kept);
  if (!is_text) receipt["body_encoding"] = "base64";
  receipt["body_truncated"] = truncated;
}

}  // namespace

Json http_receipt(const HttpResponse& response, WallTime finished_at, std::chrono::nanoseconds duration,
                  std::uint64_t bytes_max) {
  Json receipt = Json::object();
  receipt["status"] = "done";
  receipt["finished_at"] = format_rfc3339(finished_at);
  receipt["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  receipt["http_status"] = response.status;
  receipt["headers"] = Json::object();
  const std::string& type = response.content_type;
  if (!type.empty())
    receipt["headers"]["content-type"] = find_invalid_utf8(type) == std::string::npos ? type : "";
  put_body(receipt, response, bytes_max);
  return receipt;
}

}  // namespace spoold
