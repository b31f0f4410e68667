#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace spoold::test {

// The system calls of this program, which has openat(), read(), write(), fsync(), sync_file_range(), close(),
// renameat2(), renameat(), unlinkat() and fstatat() of its own: they are counted, and fail or end the process
// on order, while a SystemCalls lives. fsync() and sync_file_range() are never carried out, which no test
// could see. One at a time, one thread.
class SystemCalls {
 public:
  enum class Times { once, onwards };
  SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;
  ~SystemCalls();

  // The n-th call (from 1) fails, and, `onwards`, all that follow. A close() closes all the same.
  void fail(std::size_t nth, int number, Times times);
  // The process ends without a word (_exit(status)) instead of its n-th call.
  void exit_at(std::size_t nth, int status);
  // Each write() takes three bytes at most, and each read() or write() is interrupted first.
  void shorten();

  [[nodiscard]] bool struck() const;
  [[nodiscard]] const std::vector<std::string>& made() const;
};

}  // namespace spoold::test
