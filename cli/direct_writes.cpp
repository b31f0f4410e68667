#include "direct_writes.hpp"

#include "config/config.hpp"
#include "store/direct_writes.hpp"

namespace spoold {

std::uint64_t count_direct_writes(Session& session, const QueueView& view) {
  std::uint64_t count = read_direct_writes(session.files, view.queue());
  for (const auto& backend : session.config->backends) {
    const auto* sqlite = std::get_if<SqliteOptions>(&backend.options);
    if (sqlite != nullptr) count += read_direct_writes(sqlite->database);
  }
  return count;
}

}  // namespace spoold
