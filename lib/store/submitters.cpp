#include "store/submitters.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace spoold {

namespace {

bool is_member(uid_t user, gid_t group) {
  std::array<char, 16384> text{};
  passwd record{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &record, text.data(), text.size(), &found) != 0 || found == nullptr) return false;
  if (record.pw_gid == group) return true;
  int count = 0;
  ::getgrouplist(record.pw_name, record.pw_gid, nullptr, &count);
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 1)));
  count = static_cast<int>(groups.size());
  if (::getgrouplist(record.pw_name, record.pw_gid, groups.data(), &count) < 0) return false;
  return std::find(groups.begin(), groups.begin() + count, group) != groups.begin() + count;
}

}  // namespace

Submitters::Submitters(FileSystem& files, const QueueLayout& layout, std::vector<uid_t> listed)
    : self_(::geteuid()), listed_(std::move(listed)) {
  const Result<FileStatus> pending = files.status(layout.directory(State::pending));
  if (pending && (pending->mode & 0020U) != 0) group_ = pending->group;
}

bool Submitters::accepts(uid_t owner) {
  if (owner == self_ || owner == 0) return true;
  if (std::find(listed_.begin(), listed_.end(), owner) != listed_.end()) return true;
  if (!group_) return false;
  if (members_.contains(owner)) return true;
  if (!is_member(owner, *group_)) return false;
  members_.insert(owner);
  return true;
}

bool Submitters::may_be_changed_by_others(const FileStatus& file) const {
  return file.owner != self_ || (group_ && (file.mode & 0022U) != 0);
}

}  // namespace spoold
