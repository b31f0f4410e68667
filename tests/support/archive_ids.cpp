#include "support/archive_ids.hpp"

#include <catch2/catch.hpp>

#include "entry/json.hpp"
#include "os/gzip.hpp"
#include "store/archive.hpp"

namespace spoold::test {

std::map<std::string, int> archive_ids(FileSystem& files, Directory archive) {
  std::map<std::string, int> ids;
  const auto names = list_archive(files, archive);
  REQUIRE(names.has_value());
  for (const auto& name : *names) {
    auto reader = GzipLines::open(archive.handle, name);
    REQUIRE(reader.has_value());
    for (;;) {
      const auto line = reader->next();
      INFO((line ? "" : line.error().message()));
      REQUIRE(line.has_value());
      if (!*line) break;
      ++ids[(*parse_json(**line))["id"].get<std::string>()];
    }
  }
  return ids;
}

}  // namespace spoold::test
