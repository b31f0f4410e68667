#pragma once

#include <sqlite3.h>

#include <atomic>
#include <string>

#include "support/unsynced_writes.hpp"

namespace spoold::test {

// SQLite's own access to files, with calls that fail on order; syncs do nothing, which no test can see and
// every test would wait for. While it lives it is the default VFS; the one
// beneath is still "unix". One at a time. The counting is safe from any thread.
class FaultyVfs {
 public:
  enum class Call { read, write, sync, remove };
  enum class Repeat { once, from_then_on };
  enum class Effect {
    none,
    takes_place
  };  // takes_place: the call is carried out, and only its result is a lie

  FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs();

  struct Fault {
    Call call = Call::write;
    int at = 1;  // the call of this kind that fails, counted from now, from 1
    int code = SQLITE_IOERR;
    Repeat repeat = Repeat::once;
    Effect effect = Effect::none;
  };
  void fail(const Fault& fault);
  void heal();
  // The power goes with the n-th call (read, write, truncation, sync, removal), which and all after it fail;
  // what was not synced is told apart from now on. Begin while nothing is open.
  void cut_power_at(int nth);
  // It comes back. REQUIRES: the connections are closed.
  void come_back(const std::function<std::size_t(std::size_t)>& choose);
  // Whether the ordered call came.
  [[nodiscard]] bool hit() const { return hit_; }

 private:
  struct File;
  struct Methods;
  // Nothing but SQLITE_OK where the call is to be carried out and believed.
  [[nodiscard]] int verdict(Call call);
  [[nodiscard]] bool power_is_off();

  sqlite3_vfs* beneath_;
  sqlite3_vfs vfs_{};
  Fault fault_;
  std::atomic<int> left_{0};
  bool watching_ = false;  // for the power cut
  int calls_left_ = 0;
  UnsyncedWrites unsynced_;
  std::atomic<bool> hit_{false};
};

}  // namespace spoold::test
