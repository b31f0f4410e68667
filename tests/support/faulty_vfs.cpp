#include "support/faulty_vfs.hpp"

#include <new>

namespace spoold::test {

// What SQLite takes for its file; the true one lies right behind it.
struct FaultyVfs::File {
  sqlite3_file base;
  FaultyVfs* vfs;
  const char* path;  // SQLite's own, for as long as the file is open; null for temporary files

  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* beneath(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
  }
};

struct FaultyVfs::Methods {
  template <class Function>
  static int faulty(sqlite3_file* file, Call call, Function carry_out) {
    FaultyVfs& vfs = *File::of(file).vfs;
    if (vfs.power_is_off()) return SQLITE_IOERR;
    const int verdict = vfs.verdict(call);
    if (verdict == SQLITE_OK) return carry_out();
    if (vfs.fault_.effect == Effect::takes_place) (void)carry_out();
    return verdict;
  }

  static UnsyncedWrites* told_of(sqlite3_file* file) {
    const File& it = File::of(file);
    return it.vfs->watching_ && it.path != nullptr ? &it.vfs->unsynced_ : nullptr;
  }

  static const sqlite3_io_methods& under(sqlite3_file* file) { return *File::beneath(file)->pMethods; }

  static int close(sqlite3_file* f) { return under(f).xClose(File::beneath(f)); }
  static int read(sqlite3_file* f, void* bytes, int size, sqlite3_int64 at) {
    return faulty(f, Call::read, [=] { return under(f).xRead(File::beneath(f), bytes, size, at); });
  }
  static int write(sqlite3_file* f, const void* bytes, int size, sqlite3_int64 at) {
    return faulty(f, Call::write, [=] {
      if (UnsyncedWrites* told = told_of(f)) {
        told->written(File::of(f).path, static_cast<std::uint64_t>(at),
                      {static_cast<const char*>(bytes), static_cast<std::size_t>(size)});
      }
      return under(f).xWrite(File::beneath(f), bytes, size, at);
    });
  }
  static int truncate(sqlite3_file* f, sqlite3_int64 size) {
    if (File::of(f).vfs->power_is_off()) return SQLITE_IOERR_TRUNCATE;
    if (UnsyncedWrites* told = told_of(f))
      told->truncated(File::of(f).path, static_cast<std::uint64_t>(size));
    return under(f).xTruncate(File::beneath(f), size);
  }
  static int sync(sqlite3_file* f, int) {
    return faulty(f, Call::sync, [f] {
      if (UnsyncedWrites* told = told_of(f)) told->synced(File::of(f).path);
      return SQLITE_OK;
    });
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
    auto* made = new (file) File{{nullptr}, self, name};
    if (self->watching_ && name != nullptr) self->unsynced_.opened(name);
    const int code = self->beneath_->xOpen(self->beneath_, name, File::beneath(file), flags, flags_out);
    if (File::beneath(file)->pMethods != nullptr) made->base.pMethods = &methods;
    return code;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
    if (self->power_is_off()) return SQLITE_IOERR_DELETE;
    if (self->watching_) self->unsynced_.removed(name, sync_directory != 0);
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

void FaultyVfs::cut_power_at(int nth) {
  heal();
  hit_ = false;
  unsynced_.clear();
  calls_left_ = nth;
  watching_ = true;
}

bool FaultyVfs::power_is_off() {
  if (!watching_) return false;
  if (calls_left_ > 1) {
    --calls_left_;
    return false;
  }
  hit_ = true;
  return true;
}

void FaultyVfs::come_back(const std::function<std::size_t(std::size_t)>& choose) {
  watching_ = false;
  unsynced_.lose(choose);
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
