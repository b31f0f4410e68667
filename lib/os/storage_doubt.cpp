#include "os/storage_doubt.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>

namespace spoold {

namespace {

enum class Kind { memory, network, program };

struct Known {
  unsigned long magic;
  const char* name;
  Kind kind;
};

// From linux/magic.h, and from the file systems' own sources where it is not there.
constexpr std::array known{
    Known{TMPFS_MAGIC, "tmpfs", Kind::memory},      Known{RAMFS_MAGIC, "ramfs", Kind::memory},
    Known{NFS_SUPER_MAGIC, "nfs", Kind::network},   Known{SMB_SUPER_MAGIC, "smb", Kind::network},
    Known{SMB2_SUPER_MAGIC, "smb", Kind::network},  Known{CIFS_SUPER_MAGIC, "cifs", Kind::network},
    Known{V9FS_MAGIC, "9p", Kind::network},         Known{AFS_SUPER_MAGIC, "afs", Kind::network},
    Known{CEPH_SUPER_MAGIC, "ceph", Kind::network}, Known{CODA_SUPER_MAGIC, "coda", Kind::network},
    Known{0x0BD00BD0, "lustre", Kind::network},     Known{FUSE_SUPER_MAGIC, "fuse", Kind::program},
};

}  // namespace

std::string storage_doubt(int directory) {
  struct statfs raw {};
  if (::fstatfs(directory, &raw) != 0) return {};
  const auto magic = static_cast<unsigned long>(raw.f_type) & 0xFFFFFFFFUL;
  const auto* const found =
      std::find_if(known.begin(), known.end(), [&](const Known& one) { return one.magic == magic; });
  if (found == known.end()) return {};
  const std::string name = found->name;
  switch (found->kind) {
    case Kind::memory:
      return "it lies in memory (" + name + "): a power cut or a reboot takes every entry";
    case Kind::network:
      return "it lies on a network (" + name + "): that entries survive and run once is not promised there";
    case Kind::program:
      return "it lies on " + name + ": that entries survive and run once is up to the program behind that";
  }
  return {};
}

}  // namespace spoold
