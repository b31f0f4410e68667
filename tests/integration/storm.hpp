#pragma once

#include <set>
#include <string>
#include <vector>

#include "integration/daemon_fixture.hpp"

// What the tests under fire share: who was told what, and whether that is what came of it.

namespace spoold::test {

using Tags = std::set<std::string>;

// SQL of an entry that leaves its tag in the table effect.
[[nodiscard]] std::string effect_sql(const std::string& tag);
// The same as an entry's JSON, one line.
[[nodiscard]] std::string effect_json(const std::string& tag);

// Lines of output, each a tag that its producer was told to be enqueued.
void add_lines(Tags& tags, const std::string& output);

// Whatever was interrupted: no id lies in two states, nothing is torn.
void check_places(const DaemonFixture& fixture);

// After a drain: each acknowledged tag took effect once, no other one more than once, and every entry is
// completed.
void check_all_done(const DaemonFixture& fixture, const Tags& acknowledged);

// strace that runs `command` and does this (strace's own words: "renameat2:signal=KILL:when=3") to it;
// `paths`: only to calls on these.
[[nodiscard]] std::vector<std::string> under_strace(const DaemonFixture& fixture,
                                                    const std::string& injection,
                                                    const std::vector<std::string>& paths,
                                                    const std::vector<std::string>& command);
// LeakSanitizer cannot work under ptrace.
[[nodiscard]] ProgramOptions traced();

// The daemon's own pid, also where strace stands before it.
[[nodiscard]] pid_t daemon_pid(const DaemonFixture& fixture);

}  // namespace spoold::test
