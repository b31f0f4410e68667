#include "support/temp_directory.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace spoold::test {

TempDirectory::TempDirectory() : TempDirectory(std::filesystem::temp_directory_path()) {}

TempDirectory TempDirectory::in_memory() {
  const std::string memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? TempDirectory{memory} : TempDirectory{};
}

TempDirectory::TempDirectory(const std::string& parent) : path_(parent + "/spoold-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TempDirectory::write(const std::string& name, const std::string& bytes) const {
  std::ofstream file(*this / name, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + (*this / name));
}

std::string TempDirectory::read(const std::string& name) const {
  std::ifstream file(*this / name, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + (*this / name));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace spoold::test
