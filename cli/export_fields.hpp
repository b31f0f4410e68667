#pragma once

#include <string>
#include <vector>

#include "entry/entry.hpp"

namespace spoold {

// One entry that is exported, wherever it lies.
struct ExportedEntry {
  std::string id;  // empty: it came under a foreign name and was never claimed
  std::string state;
  std::optional<WallTime> enqueued_at;
  Json entry;  // its document
};

// Which parts of an entry a line has. Names of ours: id, state, enqueued_at. Else a path into the entry: with
// dots ("body.messages.0.content") or, where a name has dots, as a JSON pointer ("/body/a.b").
class ExportFields {
 public:
  // "operation,body.prompt,/result/body". Empty: whole entries. Refused with kind invalid.
  [[nodiscard]] static Result<ExportFields> parse(const std::string& list);

  // The line's object; parts that are not there are null. `complete` tells whether all are.
  [[nodiscard]] Json pick(const ExportedEntry& exported, bool& complete) const;

 private:
  struct Field {
    std::string name;  // as typed: the key in the line
    Json::json_pointer pointer;
  };
  std::vector<Field> fields_;
};

}  // namespace spoold
