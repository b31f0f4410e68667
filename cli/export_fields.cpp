#include "export_fields.hpp"

namespace spoold {

namespace {

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

// The names that are ours; nothing for a path into the entry.
std::optional<Json> our_own(const std::string& name, const ExportedEntry& exported) {
  if (name == "id") return exported.id.empty() ? Json() : Json(exported.id);
  if (name == "state") return Json(exported.state);
  if (name == "enqueued_at") return time_or_null(exported.enqueued_at);
  return std::nullopt;
}

// "a.b" as "/a/b"; "~" is escaped as pointers want it.
std::string pointer_of(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::string pointer = "/";
  for (const char c : path) {
    if (c == '.') {
      pointer += '/';
    } else if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace

Result<ExportFields> ExportFields::parse(const std::string& list) {
  ExportFields fields;
  if (list.empty()) return fields;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == "." || name.find("..") != std::string::npos) {
      return Error{ErrorKind::invalid,
                   "--fields: '" + list +
                       "' names an empty field; expected names with commas between, such as "
                       "operation,body.prompt,result.body"};
    }
    try {
      fields.fields_.push_back({name, Json::json_pointer(pointer_of(name))});
    } catch (const Json::exception&) {
      return Error{ErrorKind::invalid,
                   "--fields: '" + name + "' is no JSON pointer: after ~ comes 0 or 1, such as /body/a~1b"};
    }
  }
  return fields;
}

Json ExportFields::pick(const ExportedEntry& exported, bool& complete) const {
  complete = true;
  if (fields_.empty()) {
    return Json{{"id", exported.id.empty() ? Json() : Json(exported.id)},
                {"state", exported.state},
                {"enqueued_at", time_or_null(exported.enqueued_at)},
                {"entry", exported.entry}};
  }
  Json line = Json::object();
  for (const Field& field : fields_) {
    if (auto own = our_own(field.name, exported)) {
      line[field.name] = std::move(*own);
      continue;
    }
    const bool there = exported.entry.contains(field.pointer);
    complete = complete && there && !exported.entry.at(field.pointer).is_null();
    line[field.name] = there ? exported.entry.at(field.pointer) : Json();
  }
  return line;
}

}  // namespace spoold
