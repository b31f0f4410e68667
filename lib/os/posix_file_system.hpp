#pragma once

#include <memory>
#include <vector>

#include "os/file_system.hpp"
#include "os/journal_order.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

// FileSystem over Linux system calls. A Directory's handle is its file descriptor
// (O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC). Opening directories is for one thread; the other calls may run on any
// thread at the same time.
class PosixFileSystem final : public FileSystem {
 public:
  [[nodiscard]] Result<Directory> open_directory(const std::string& path) override;
  [[nodiscard]] Result<Directory> open_directory(Directory parent, const std::string& name) override;
  [[nodiscard]] Result<void> make_directory(Directory parent, const std::string& name, mode_t mode) override;
  [[nodiscard]] Result<FileStatus> status(Directory directory) override;
  [[nodiscard]] Result<FileStatus> status(Directory directory, const std::string& name) override;
  [[nodiscard]] Result<FileStatus> status(const std::string& path) override;
  [[nodiscard]] Result<void> list(Directory directory,
                                  const std::function<bool(std::string_view name)>& visit) override;
  [[nodiscard]] Result<FileContent> read(Directory directory, const std::string& name,
                                         std::uint64_t bytes_max) override;
  [[nodiscard]] Result<bool> is_open_for_writing(Directory directory, const std::string& name) override;
  [[nodiscard]] Result<void> write_new(Directory directory, const std::string& name, std::string_view bytes,
                                       mode_t mode, Durability durability) override;
  [[nodiscard]] Result<void> append(Directory directory, const std::string& name, std::string_view bytes,
                                    mode_t mode_if_made) override;
  [[nodiscard]] Result<void> truncate(Directory directory, const std::string& name,
                                      std::uint64_t size) override;
  [[nodiscard]] std::vector<Result<void>> write_all_new(Directory directory,
                                                        const std::vector<NewFile>& files,
                                                        mode_t mode) override;
  [[nodiscard]] Result<void> rename_new(Directory from, const std::string& from_name, Directory to,
                                        const std::string& to_name) override;
  [[nodiscard]] Result<void> rename_over(Directory from, const std::string& from_name, Directory to,
                                         const std::string& to_name) override;
  [[nodiscard]] Result<void> remove(Directory directory, const std::string& name) override;
  [[nodiscard]] Result<void> sync_directory(Directory directory) override;
  [[nodiscard]] Result<FreeSpace> free_space(Directory directory) override;

 private:
  [[nodiscard]] Result<Directory> keep(UniqueFd fd);
  [[nodiscard]] int make_durable(int fd, Directory directory, Durability durability);
  std::vector<UniqueFd> directories_;
  std::unique_ptr<JournalOrder> journal_order_ = std::make_unique<JournalOrder>();
};

}  // namespace spoold
