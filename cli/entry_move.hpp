#pragma once

#include <set>

#include "queue_view.hpp"

namespace spoold {

// What a person does to entries: each is one rename, so that an entry is never in two places, and made
// durable at the end by sync(). One thread.
class EntryMove {
 public:
  // `session` must outlive it. The queue's owner and root may.
  [[nodiscard]] static Result<EntryMove> open(Session& session);

  // failed/, cancelled/ or corrupt/ -> pending/, as if never tried: its attempts and crashes are counted
  // anew, what its file tells of them stays. Returns the name there. Kind not_found: it has just been moved.
  [[nodiscard]] Result<std::string> retry(const EntryFile& file);

  // pending/ or deferred/ -> cancelled/. Returns the name there. Kind not_found: it has just been claimed or
  // moved.
  [[nodiscard]] Result<std::string> cancel(const EntryFile& file);

  // Makes all moves so far durable. Failed: kind unknown.
  [[nodiscard]] Result<void> sync();

 private:
  EntryMove(Session& session, QueueLayout layout) : session_(&session), layout_(std::move(layout)) {}
  [[nodiscard]] Result<std::string> move(const EntryFile& file, State to, const std::string& wanted_name);

  Session* session_;
  QueueLayout layout_;
  std::set<State> touched_;
};

}  // namespace spoold
