#pragma once

#include <string>
#include <string_view>

#include "os/unique_fd.hpp"

// The bare system calls of the floor programs. Each ends the program where it fails.

namespace spoold::bench {

// How a file becomes durable before its name: by an fsync, or by being written out, where the journal keeps
// the order.
enum class Order { strict, one_commit };
// What spoold does on that file system.
[[nodiscard]] Order order_of(const std::string& directory);

[[nodiscard]] UniqueFd open_directory(const std::string& path);

// A new file that is durable before the names it is given after this.
void write_file(const UniqueFd& directory, const char* name, std::string_view bytes, Order order);
// As spoold opens an entry; 4096 bytes at most.
[[nodiscard]] std::string read_file(const UniqueFd& directory, const std::string& name);
// Never over another file.
void move_new(const char* name, const UniqueFd& from, const UniqueFd& to);
inline void move_new(const std::string& name, const UniqueFd& from, const UniqueFd& to) {
  move_new(name.c_str(), from, to);
}
void sync_names(const UniqueFd& directory);

}  // namespace spoold::bench
