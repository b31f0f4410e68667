#pragma once

#include <string>

namespace spoold::test {

// A fresh directory (under $TMPDIR, else /tmp), removed with everything in it.
class TempDirectory {
 public:
  TempDirectory();
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
  std::string path_;
};

}  // namespace spoold::test
