#include "support/unsynced_writes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace spoold::test {

namespace {

constexpr std::size_t sector_bytes = 512;

std::optional<std::string> read(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

void UnsyncedWrites::opened(const std::string& path) {
  if (files_.count(path) != 0) {
    files_[path].seen = true;
    return;
  }
  const auto bytes = read(path);
  const bool made_now = !bytes || bytes->empty();
  files_[path] = File{.there = !made_now, .durable = bytes.value_or("")};
}

void UnsyncedWrites::written(const std::string& path, std::uint64_t at, std::string_view bytes) {
  files_[path].writes.push_back({at, std::string{bytes}});
}

void UnsyncedWrites::truncated(const std::string& path, std::uint64_t size) {
  files_[path].writes.push_back({size, {}, true});
}

void UnsyncedWrites::synced(const std::string& path) {
  File& file = files_[path];
  for (const Write& write : file.writes) apply(file.durable, write, write.bytes.size());
  file.writes.clear();
  file.there = true;
}

void UnsyncedWrites::removed(const std::string& path, bool synced) {
  File& file = files_[path];
  file.seen = false;
  if (!synced) return;
  file = File{.there = false, .seen = false};
}

void UnsyncedWrites::apply(std::string& bytes, const Write& write, std::size_t length) {
  if (write.truncates) return bytes.resize(write.at);
  if (bytes.size() < write.at + length) bytes.resize(write.at + length);
  std::copy_n(write.bytes.begin(), length, bytes.begin() + static_cast<std::ptrdiff_t>(write.at));
}

void UnsyncedWrites::lose(const std::function<std::size_t(std::size_t)>& choose) {
  for (auto& [path, file] : files_) {
    // A name that was made or removed without a sync is there or not.
    const bool there = file.there == file.seen ? file.seen : choose(2) == 0;
    if (!there) {
      std::filesystem::remove(path);
      continue;
    }
    for (const Write& write : file.writes) {
      const std::size_t chosen = choose(4);
      const std::size_t sectors = write.bytes.size() / sector_bytes;
      if (chosen == 1 && sectors > 0) apply(file.durable, write, choose(sectors) * sector_bytes);
      if (chosen > 1) apply(file.durable, write, write.bytes.size());
    }
    std::ofstream{path, std::ios::binary | std::ios::trunc} << file.durable;
  }
  files_.clear();
}

}  // namespace spoold::test
