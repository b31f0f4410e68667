#include "store/pauses.hpp"

#include "entry/json.hpp"

namespace spoold {

namespace {

constexpr const char* staging_name = "paused.json.new";
// No secret, and readable by the daemon also where root wrote it.
constexpr mode_t pauses_mode = 0644;

Error refuse(const std::string& where, const std::string& what) {
  return {ErrorKind::invalid, std::string(pauses_name) + ": " + where + " " + what};
}

Result<Pause> read_pause(const std::string& where, const Json& json) {
  if (!json.is_object()) return refuse(where, R"(must be an object of "by", "since" and "reason")");
  Pause pause;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) return refuse(where + "." + name, "must be a string");
    const auto& text = value.get_ref<const std::string&>();
    if (name == "by") {
      pause.by = text;
    } else if (name == "reason") {
      pause.reason = text;
    } else if (name == "since") {
      const auto since = parse_rfc3339(text);
      if (!since) return refuse(where + ".since", "must be a time: " + since.error().message());
      pause.since = *since;
    } else {
      return refuse(where, "may hold \"by\", \"since\" and \"reason\", and not \"" + name + "\"");
    }
  }
  return pause;
}

Json write_pause(const Pause& pause) {
  Json json{{"by", pause.by}, {"since", format_rfc3339(pause.since)}};
  if (!pause.reason.empty()) json["reason"] = pause.reason;
  return json;
}

Result<void> read_lanes(const Json& json, Pauses& pauses) {
  if (!json.is_object()) return refuse("lanes", "must be an object: a pause under the name of each lane");
  for (const auto& [name, value] : json.items()) {
    auto pause = read_pause("lanes." + name, value);
    if (!pause) return pause.error();
    pauses.lanes.emplace(name, std::move(*pause));
  }
  return {};
}

}  // namespace

const Pause* Pauses::of(const std::string& lane) const {
  const auto found = lanes.find(lane);
  if (found != lanes.end()) return &found->second;
  return all ? &*all : nullptr;
}

Result<Pauses> parse_pauses(std::string_view bytes) {
  const auto json = parse_json(bytes);
  if (!json) return Error{ErrorKind::invalid, std::string(pauses_name) + ": " + json.error().message()};
  if (!json->is_object()) return refuse("it", R"(must be an object of "all" and "lanes")");
  Pauses pauses;
  for (const auto& [name, value] : json->items()) {
    if (name == "all") {
      auto pause = read_pause("all", value);
      if (!pause) return pause.error();
      pauses.all = std::move(*pause);
    } else if (name == "lanes") {
      SPOOLD_TRY(read_lanes(value, pauses));
    } else {
      return refuse("it", "may hold \"all\" and \"lanes\", and not \"" + name + "\"");
    }
  }
  return pauses;
}

std::string format_pauses(const Pauses& pauses) {
  Json json = Json::object();
  if (pauses.all) json["all"] = write_pause(*pauses.all);
  if (!pauses.lanes.empty()) {
    Json& lanes = json["lanes"] = Json::object();
    for (const auto& [name, pause] : pauses.lanes) lanes[name] = write_pause(pause);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Pauses> read_pauses(FileSystem& files, Directory queue) {
  const auto content = files.read(queue, pauses_name, pauses_bytes_max);
  if (!content) {
    if (content.error().kind == ErrorKind::not_found) return Pauses{};
    return content.error();
  }
  return parse_pauses(content->bytes);
}

Result<void> write_pauses(FileSystem& files, const QueueLayout& layout, const Pauses& pauses) {
  const auto remove = [&](Directory directory, const char* name) -> Result<void> {
    auto removed = files.remove(directory, name);
    if (removed || removed.error().kind == ErrorKind::not_found) return {};
    return removed;
  };
  SPOOLD_TRY(remove(layout.staging(), staging_name));  // left over from a crash amid this very write
  if (pauses.empty()) {
    SPOOLD_TRY(remove(layout.queue(), pauses_name));
  } else {
    SPOOLD_TRY(files.write_new(layout.staging(), staging_name, format_pauses(pauses), pauses_mode,
                               Durability::synced));
    SPOOLD_TRY(files.rename_over(layout.staging(), staging_name, layout.queue(), pauses_name));
  }
  return files.sync_directory(layout.queue());
}

}  // namespace spoold
