#pragma once

#include <string>

namespace spoold::test {

// A fresh directory (under $TMPDIR, else /tmp), removed with everything in it.
class TempDirectory {
 public:
  TempDirectory();
  // Where no disk is waited for: under /dev/shm, if there is one.
  [[nodiscard]] static TempDirectory in_memory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  // "<path>/<name>"
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Plain file access for arranging and checking; a failure ends the test.
  void write(const std::string& name, const std::string& bytes) const;
  [[nodiscard]] std::string read(const std::string& name) const;

 private:
  explicit TempDirectory(const std::string& parent);
  std::string path_;
};

}  // namespace spoold::test
