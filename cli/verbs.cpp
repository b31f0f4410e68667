#include "verbs.hpp"

#include <array>
#include <iostream>

namespace spoold {

namespace {

constexpr std::array table{
    Verb{"init", "make a queue, check it, or empty it", define_init, true},
    Verb{"enqueue", "put entries into the queue, durably", define_enqueue},
    Verb{"status", "how many entries are where, the daemon and its lanes", define_status},
    Verb{"list", "the entries, in the order they will run", define_list},
    Verb{"show", "one entry: where it is, what happened to it, what it asks for", define_show},
    Verb{"explain", "why an entry is where it is, in one sentence", define_explain},
    Verb{"shape", "how old the waiting entries are, by operation", define_shape},
    Verb{"errors", "what failed, grouped by reason", define_errors},
    Verb{"retry", "run failed, cancelled or corrupt entries again", define_retry},
    Verb{"cancel", "take entries back: waiting ones, and running ones too", define_cancel},
    Verb{"pause", "let a lane begin nothing more", define_pause},
    Verb{"resume", "let a paused lane go on", define_resume},
    Verb{"wait", "wait for entries, and tell whether they were completed", define_wait},
    Verb{"drain", "wait until the queue is empty", define_drain},
    Verb{"due", "move what is due from deferred/ to pending/", define_due},
    Verb{"cleanup", "archive what is done, remove what is old", define_cleanup, true},
    Verb{"verify", "look the whole queue over, and mend it", define_verify},
    Verb{"export", "what is done or failed, as JSON Lines for other programs", define_export},
    Verb{"metrics", "the queue's figures as OpenMetrics text", define_metrics, true},
    Verb{"start", "start the daemon", define_start, true},
    Verb{"stop", "stop the daemon", define_stop},
    Verb{"restart", "stop the daemon and start it again", define_restart, true},
    Verb{"logs", "the last lines of the daemon's log", define_logs},
    Verb{"follow", "the daemon's log, as it grows", define_follow},
    Verb{"level", "whether the queue wants work, and how much", define_level, true},
    Verb{"produce", "run a command that makes work, when work is wanted", define_produce, true},
    Verb{"completion", "a script that completes what is typed in bash, zsh or fish", define_completion},
};

}  // namespace

std::span<const Verb> verbs() {
  return table;
}

void complain(const std::string& message) {
  std::cout.flush();
  std::cerr << "spoolctl: " << message << std::endl;
}

int fail(int status, const std::string& message) {
  complain(message);
  return status;
}

}  // namespace spoold
