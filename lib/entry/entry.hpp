#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "entry/entry_name.hpp"
#include "entry/json.hpp"

namespace spoold {

// An entry: exactly what its file holds. The scheduler's and worker's bookkeeping is not in here.
//
// `document` is the whole JSON object, unknown fields included, and what is written back; the other members
// are the fields that the program reads, already checked. document["operation"] and `operation` never differ:
// change an entry only through the functions of entry_format.hpp.
struct Entry {
  Json document = Json::object();
  std::string operation;           // 1 to 200 bytes, printable
  std::optional<int> priority;     // 1 to 10, where the file states one
  std::optional<std::string> key;  // the producer's idempotency key, 1 to 200 bytes
  std::optional<WallTime> not_before;
  std::optional<WallTime> expires_at;

  // Fields of the document that one backend reads; null where absent.
  [[nodiscard]] const Json& field(std::string_view name) const;
};

// SHA-256 over what the entry asks for: operation, sql, params, body, args, stdin, in this order and
// canonical form (members sorted), so that white space and order do not matter, nor priority, metadata and
// times.
using EntryDigest = std::array<std::uint8_t, 32>;
[[nodiscard]] EntryDigest digest(const Entry& entry);

}  // namespace spoold
