#include "os/file_system.hpp"

namespace spoold {

std::vector<Result<void>> FileSystem::write_all_new(Directory directory, const std::vector<NewFile>& files,
                                                    mode_t mode) {
  std::vector<Result<void>> results;
  results.reserve(files.size());
  for (const NewFile& file : files)
    results.push_back(write_new(directory, file.name, file.bytes, mode, Durability::before_names));
  return results;
}

}  // namespace spoold
