#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace spoold::test {

// What of some real files would be lost with the power: all that was written since each was synced. Reads and
// rewrites the files themselves, behind everybody's back.
class UnsyncedWrites {
 public:
  // What it holds now is durable, or, where it is not there, that. A file known already is let pass.
  void opened(const std::string& path);
  void written(const std::string& path, std::uint64_t at, std::string_view bytes);
  void truncated(const std::string& path, std::uint64_t size);
  void synced(const std::string& path);  // its name too, as SQLite has it
  void removed(const std::string& path, bool synced);

  // The files become what is left: what was synced, and of the writes since any, whole or up to a sector's
  // end, as `choose` (a number below its argument) says. REQUIRES: nobody has them open.
  void lose(const std::function<std::size_t(std::size_t)>& choose);
  void clear() { files_.clear(); }

 private:
  struct Write {
    std::uint64_t at = 0;
    std::string bytes;
    bool truncates = false;
  };
  struct File {
    bool there = false;     // durably
    std::string durable{};  // its bytes
    bool seen = true;       // not removed since
    std::vector<Write> writes{};
  };
  static void apply(std::string& bytes, const Write& write, std::size_t length);
  std::map<std::string, File> files_;
};

}  // namespace spoold::test
