#include "support/faulty_vfs.hpp"

#include <new>

namespace spoold::test {

// What SQLite takes for its file; the true one lies right behind it.
struct FaultyVfs::File {
  sqlite3_file base;
  FaultyVfs* vfs;

  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* beneath(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
  }
};

struct FaultyVfs::Methods {
  template <class Function>
  static int faulty(sqlite3_file* file, Call call, Function carry_out) {
    FaultyVfs& vfs = *File::of(file).vfs;
    const int verdict = vfs.verdict(call);
    if (verdict == SQLITE_OK) return carry_out();
    if (vfs.fault_.effect == Effect::takes_place) (void)carry_out();
    return verdict;
  }

  static const sqlite3_io_methods& under(sqlite3_file* file) { return *File::beneath(file)->pMethods; }

  static int close(sqlite3_file* f) { return under(f).xClose(File::beneath(f)); }
  static int read(sqlite3_file* f, void* bytes, int size, sqlite3_int64 at) {
    return faulty(f, Call::read, [=] { return under(f).xRead(File::beneath(f), bytes, size, at); });
  }
  static int write(sqlite3_file* f, const void* bytes, int size, sqlite3_int64 at) {
    return faulty(f, Call::write, [=] { return under(f).xWrite(File::beneath(f), bytes, size, at); });
  }
  static int truncate(sqlite3_file* f, sqlite3_int64 size) {
    return under(f).xTruncate(File::beneath(f), size);
  }
  static int sync(sqlite3_file* f, int) {
    return faulty(f, Call::sync, [] { return SQLITE_OK; });
  }
  static int size(sqlite3_file* f, sqlite3_int64* size) { return under(f).xFileSize(File::beneath(f), size); }
  static int lock(sqlite3_file* f, int level) { return under(f).xLock(File::beneath(f), level); }
  static int unlock(sqlite3_file* f, int level) { return under(f).xUnlock(File::beneath(f), level); }
  static int check_lock(sqlite3_file* f, int* held) {
    return under(f).xCheckReservedLock(File::beneath(f), held);
  }
  static int control(sqlite3_file* f, int op, void* data) {
    return under(f).xFileControl(File::beneath(f), op, data);
  }
  static int sector(sqlite3_file* f) { return under(f).xSectorSize(File::beneath(f)); }
  static int device(sqlite3_file* f) { return under(f).xDeviceCharacteristics(File::beneath(f)); }
  static int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** memory) {
    return under(f).xShmMap(File::beneath(f), page, size, extend, memory);
  }
  static int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
    return under(f).xShmLock(File::beneath(f), offset, n, flags);
  }
  static void shm_barrier(sqlite3_file* f) { under(f).xShmBarrier(File::beneath(f)); }
  static int shm_unmap(sqlite3_file* f, int remove) { return under(f).xShmUnmap(File::beneath(f), remove); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    static const sqlite3_io_methods methods{
        2,       close,  read,   write,   truncate, sync,        size,      lock,    unlock, check_lock,
        control, sector, device, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};
    auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
    auto* made = new (file) File{{nullptr}, self};
    const int code = self->beneath_->xOpen(self->beneath_, name, File::beneath(file), flags, flags_out);
    if (File::beneath(file)->pMethods != nullptr) made->base.pMethods = &methods;
    return code;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
    const int verdict = self->verdict(Call::remove);
    if (verdict != SQLITE_OK && self->fault_.effect == Effect::none) return verdict;
    const int code = self->beneath_->xDelete(self->beneath_, name, 0);
    return verdict != SQLITE_OK ? verdict : code;
  }
};

FaultyVfs::FaultyVfs() : beneath_(sqlite3_vfs_find("unix")), vfs_(*beneath_) {
  vfs_.zName = "faulty";
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + beneath_->szOsFile;
  vfs_.pNext = nullptr;
  vfs_.xOpen = Methods::open;
  vfs_.xDelete = Methods::remove;
  // The other calls of "unix" take their own pAppData (how to find locking) in xOpen only.
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

void FaultyVfs::fail(const Fault& fault) {
  fault_ = fault;
  hit_ = false;
  left_ = fault.at;
}

void FaultyVfs::heal() {
  left_ = 0;
}

int FaultyVfs::verdict(Call call) {
  if (call != fault_.call || left_ <= 0) return SQLITE_OK;
  if (left_ > 1) {
    --left_;
    return SQLITE_OK;
  }
  hit_ = true;
  if (fault_.repeat == Repeat::once) left_ = 0;
  return fault_.code;
}

}  // namespace spoold::test
