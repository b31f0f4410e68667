#include "store/direct_writes.hpp"

#include <charconv>
#include <fstream>

namespace spoold {

namespace {

constexpr const char* in_queue = ".direct";
constexpr const char* beside_database = ".direct";
constexpr std::uint64_t bytes_max = 64;

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc{} && (end == text.data() + text.size() || *end == '\n') ? number : 0;
}

}  // namespace

std::uint64_t read_direct_writes(FileSystem& files, Directory queue) {
  const auto content = files.read(queue, in_queue, bytes_max);
  return content ? number_in(content->bytes) : 0;
}

std::uint64_t read_direct_writes(const std::string& database) {
  std::ifstream file(database + beside_database);
  std::string line;
  return std::getline(file, line) ? number_in(line) : 0;
}

}  // namespace spoold
