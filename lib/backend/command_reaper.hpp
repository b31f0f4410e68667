#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

// Nothing of an attempt survives it.
//
// This process is a subreaper: whatever a program leaves behind, in whatever session, becomes a child of ours
// when its parent ends. A child of ours cannot lose its number before we reap it, so killing children, and
// then those that come to us by their death, reaches everything and never the wrong one. Whose an orphan is
// shows its session, or the mark in its environment. One without either is taken for a remnant of the first
// attempt to end that is not younger than it: only a program that hides on purpose gets there.

namespace spoold {

// The variable by which what a program started is known, also to the daemon after this one.
constexpr const char* command_mark_name = "SPOOLD_RUN";

// Which queue a mark is of: its directory's device and inode, so that another path to it is the same queue.
// Empty where there is no such directory.
[[nodiscard]] std::string queue_mark(const std::string& queue);

// A start on its way, on a thread of its own: what it makes is nobody's orphan, although the reaper has not
// been told of its leader yet.
class CommandStart {
 public:
  // For the thread that starts it. Between begin() and the return of clone(2), the kernel puts the child's
  // number to child(), before that does anything (CLONE_CHILD_SETTID; the memory is shared).
  void begin() { number().store(being_made); }
  [[nodiscard]] pid_t* child() { return &child_; }
  void forget() { number().store(none); }  // there is none, or it is reaped

  // For the reaper's thread. Waits where clone(2) is at work.
  [[nodiscard]] bool is(pid_t process);

 private:
  static constexpr pid_t none = 0;
  static constexpr pid_t being_made = -1;
  [[nodiscard]] std::atomic_ref<pid_t> number() { return std::atomic_ref<pid_t>{child_}; }

  pid_t child_ = none;
};

// Children belong to a process, hence one for the process, however many backends. For one thread. While
// programs run, the process has no children but these.
class CommandReaper {
 public:
  [[nodiscard]] static CommandReaper& of_this_process();

  // Makes this process the subreaper of what it starts. Error: that, or seeing one's children, is not
  // possible here.
  [[nodiscard]] Result<void> take_office();

  // A mark for the next attempt; never the same twice, in this daemon or another.
  [[nodiscard]] std::string next_mark(const std::string& queue);

  // A start that is about to begin: on its way as long as somebody else holds it.
  [[nodiscard]] std::shared_ptr<CommandStart> announce();

  // `leader` runs, with this mark in its environment. It is not reaped here.
  void add(pid_t leader, std::string mark);
  void remove(pid_t leader);
  // Nobody waits for the leader any more, which was killed and has not ended: it is reaped here, whenever it
  // does.
  void abandon(pid_t leader);

  // Kills what there is of the attempt but its leader, which has ended or is killed too; reaps what is dead.
  // True once nothing is left; else to be called again soon. Does not block.
  [[nodiscard]] bool finish_off(pid_t leader);

  // Reaps orphans that ended by themselves while their attempts go on.
  void reap_orphans();

  // Kills what earlier daemons of this queue left running, none of it ours. Returns what is still dying, to
  // be asked again soon; once that is empty, it stays so. Does not block.
  [[nodiscard]] std::vector<pid_t> kill_leftovers(const std::string& queue);

 private:
  struct Run {
    std::string mark;
    std::uint64_t began_at = 0;
    bool abandoned = false;
  };

  CommandReaper();
  void reap_abandoned();
  [[nodiscard]] bool belongs(pid_t orphan, pid_t leader) const;
  // Of a run, or of a start that is on its way.
  [[nodiscard]] bool is_leader(pid_t child);

  std::string instance_;  // tells this daemon from others
  std::uint64_t marks_ = 0;
  std::map<pid_t, Run> runs_;  // by leader
  std::vector<std::weak_ptr<CommandStart>> starts_;
};

}  // namespace spoold
