#include "systemd/journal_fields.hpp"

#include <syslog.h>

#include <array>
#include <utility>

#include "base/ensure.hpp"

namespace spoold {

namespace {

using IdOfKind = std::pair<std::string_view, std::string_view>;
constexpr std::array<IdOfKind, std::variant_size_v<Event>> message_ids{{
    {"started", "b44f6de802d3433facbb2955872c04e6"},
    {"recovered", "00d14a73a96b4b298f37304fef01d6a3"},
    {"completed", "e81350fd733748c7beb35394a28de9c8"},
    {"deferred", "06920bb0f95a44288679817ff1af8988"},
    {"dead_lettered", "56d2dc3d0ac34b1dab6966ab42d51917"},
    {"cancelled", "4d9d4dff340f40cda3b52ebefe5d3192"},
    {"released", "a845704b502f402b8afc5355e750eb9c"},
    {"condemned", "c3db275190524a1e87dd9a150bc79a26"},
    {"lane_unavailable", "53eebf2e3a8449ffac1026d86cc25c6d"},
    {"lane_available", "0e76b12287134222bc974a3a1e356190"},
    {"storage_trouble", "6716e8396c5440d081e67c304b9a5d0e"},
    {"storage_mended", "d56f88780f1049329f4a4669d979b1d8"},
    {"watch_fallback", "8e98c92195d64980941fd249fae7ff84"},
    {"rescanned", "2c1c27a4879242eba7c602b34cb06bec"},
    {"brought_forward", "2473e46d9d2b4396ae06a018782dea0d"},
    {"lingering", "302fc1fbd43142f982e9261eda5f07e4"},
    {"not_told", "c8d5881be41940c6ad09c53dbdc928ed"},
    {"stopping", "e86bcf87eea54bcabc7816f51e77bf67"},
    {"stopped", "f5896cde9a73448b9a1b268ecdc1f718"},
}};

}  // namespace

int syslog_priority(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return LOG_DEBUG;
    case Severity::info:
      return LOG_INFO;
    case Severity::notice:
      return LOG_NOTICE;
    case Severity::warning:
      return LOG_WARNING;
    case Severity::error:
      return LOG_ERR;
  }
  return LOG_ERR;
}

std::string_view message_id(const Event& event) {
  for (const auto& [kind_of_id, id] : message_ids) {
    if (kind_of_id == kind(event)) return id;
  }
  ensure(false, "every kind of event has a MESSAGE_ID");
  return {};
}

std::vector<std::string> journal_fields(Severity severity, std::string_view message) {
  return {"MESSAGE=" + std::string(message), "PRIORITY=" + std::to_string(syslog_priority(severity)),
          "SYSLOG_IDENTIFIER=spoold"};
}

std::vector<std::string> journal_fields(const Event& event) {
  std::vector<std::string> all = journal_fields(severity(event), describe(event));
  all.push_back("EVENT=" + std::string(kind(event)));
  all.push_back("MESSAGE_ID=" + std::string(message_id(event)));
  for (const auto& [key, value] : fields(event)) all.push_back(key + "=" + value);
  return all;
}

}  // namespace spoold
