#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "store/directory_store.hpp"
#include "store/placing.hpp"

// DirectoryStore: how an entry is claimed, and what is no entry told apart.

namespace spoold {

namespace {

constexpr std::chrono::seconds immovable_pause{60};
constexpr const char* submitter_field = "submitter_uid";

std::string_view describe(FileType type) {
  switch (type) {
    case FileType::symlink:
      return "a symbolic link";
    case FileType::directory:
      return "a directory";
    default:
      return "a FIFO, a socket or a device";
  }
}

// Whether the file's own mode explains that this user may not read it. (If not, it is the system that denies
// it, for every file alike, and no entry is to blame.)
bool mode_forbids_reading(const FileStatus& status) {
  return status.owner == ::geteuid() ? (status.mode & 0400U) == 0 : (status.mode & 0044U) != 0044U;
}

std::string unreadable(const FileStatus& status) {
  std::array<char, 16> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.mode));
  return "it may not be read by the daemon (uid " + std::to_string(::geteuid()) + "): it belongs to uid " +
         std::to_string(status.owner) + " and has mode " + mode.data();
}

// Room in a file of ours for the record of its attempts, which its producer cannot have counted in.
std::uint64_t with_room_for_history(std::uint64_t bytes_max) {
  return bytes_max + bytes_max / 4;
}

}  // namespace

Result<ClaimResult> DirectoryStore::claim(const std::string& file_name) {
  Claim claim;
  if (auto name = parse_entry_name(file_name)) {
    claim.name = std::move(*name);
    claim.name.due_ms.reset();  // a person moved it here from deferred/
    // Put back or off before it ran, an adopted entry may still lose its id with the power.
    claim.adopted = !claim.name.label.empty();
  } else {
    // The slow path looks before it renames: a half-written file keeps its name, and the priority may have to
    // come from inside.
    Result<ForeignResult> seen = look_at_foreign(file_name);
    if (!seen) return std::move(seen).error();
    if (std::holds_alternative<Vanished>(*seen)) return ClaimResult{Vanished{}};
    if (auto* unsettled = std::get_if<Unsettled>(&*seen)) return ClaimResult{std::move(*unsettled)};
    if (auto* condemned = std::get_if<Condemned>(&*seen)) return ClaimResult{std::move(*condemned)};
    claim.name.priority = std::get<ForeignEntry>(*seen).priority;
    claim.name.seq = sequence_.next();
    claim.name.label = make_label(file_name);
    claim.adopted = true;
  }
  claim.name.attempts = std::min(claim.name.attempts + 1, counted_max);
  claim.file_name = format_entry_name(claim.name);

  Result<void> moved = files_.rename_new(layout_.directory(State::pending), file_name,
                                         layout_.directory(State::processing), claim.file_name);
  if (!moved) return explain_failed_claim(file_name, std::move(moved).error());
  return take_in(std::move(claim), file_name);
}

Result<ClaimResult> DirectoryStore::explain_failed_claim(const std::string& file_name, Error error) {
  if (error.kind == ErrorKind::not_found) return ClaimResult{Vanished{}};
  if (error.kind == ErrorKind::exists) {
    // Two entries of one id must not run at the same time; a person has to say which of them is meant.
    Result<Condemned> condemned = condemn(
        State::pending, file_name, file_name,
        "an entry of the same name is being processed: this one is a copy; give it another name to run it");
    if (!condemned) return std::move(condemned).error();
    return ClaimResult{std::move(*condemned)};
  }
  if (error.kind == ErrorKind::no_permission && cannot_be_moved(file_name)) {
    return ClaimResult{Unsettled{file_name, clock_.wall_now() + immovable_pause, true}};
  }
  return error;
}

// The entry lies in processing/ now; it must not stay there unless a Claim is returned.
Result<ClaimResult> DirectoryStore::take_in(Claim claim, const std::string& name_before) {
  Result<Judgement> judged =
      judge(State::processing, claim.file_name, with_room_for_history(options_.entry_bytes_max));
  if (!judged) return give_up(claim, name_before, std::move(judged).error());

  if (auto* readable = std::get_if<Readable>(&*judged)) {
    claim.entry = std::move(readable->entry);
    claim.bytes = readable->bytes;
    claim.adopted = claim.adopted || claim.entry.document.contains(submitter_field);
    if (submitters_.may_be_changed_by_others(readable->status)) {
      if (Result<void> copied = make_own_copy(claim, readable->status); !copied) {
        return give_up(claim, name_before, std::move(copied).error());
      }
    }
    return ClaimResult{std::move(claim)};
  }
  if (auto* refused = std::get_if<Refused>(&*judged)) {
    Result<Condemned> condemned = condemn(State::processing, claim.file_name, name_before, refused->reason);
    if (!condemned) return give_up(claim, name_before, std::move(condemned).error());
    return ClaimResult{std::move(*condemned)};
  }
  if (auto* young = std::get_if<Young>(&*judged)) {
    Result<std::string> name = put_back(claim, name_before);
    if (!name) return std::move(name).error();
    return ClaimResult{Unsettled{std::move(*name), young->look_again_at, false}};
  }
  return ClaimResult{Vanished{}};
}

// Between two attempts its owner could put other SQL into a file; ours he cannot touch. Nothing runs before
// the copy stands in the file's place (and, by `adopted`, stands there durably: also at a later claim, which
// knows a copy by its submitter_uid).
Result<void> DirectoryStore::make_own_copy(Claim& claim, const FileStatus& submitted) {
  claim.entry.document[submitter_field] = submitted.owner;
  SPOOLD_TRY(rewrite(claim.file_name, claim.entry));
  claim.adopted = true;
  return {};
}

Result<std::string> DirectoryStore::put_back(const Claim& claim, const std::string& name_before) {
  Result<std::string> name =
      place(files_, layout_, State::processing, claim.file_name, State::pending, name_before);
  if (name) return name;
  Error error = std::move(name).error();
  error.context =
      "put " + claim.file_name +
      " back into pending/ (it stays in processing/ until the daemon's next start): " + error.context;
  return error;
}

Error DirectoryStore::give_up(const Claim& claim, const std::string& name_before, Error error) {
  const Result<std::string> name = put_back(claim, name_before);
  // Somebody took it out of processing/: then it is where he wants it.
  if (!name && name.error().kind != ErrorKind::not_found) error.context += "; " + name.error().message();
  return error;
}

Result<DirectoryStore::ForeignResult> DirectoryStore::look_at_foreign(const std::string& file_name) {
  Result<Judgement> judged = judge(State::pending, file_name, options_.entry_bytes_max);
  if (!judged) return std::move(judged).error();
  if (auto* readable = std::get_if<Readable>(&*judged)) {
    const std::optional<int> leading = leading_priority(file_name);
    const int priority = leading ? *leading : readable->entry.priority.value_or(priority_default);
    return ForeignResult{ForeignEntry{priority, readable->status.modified}};
  }
  if (auto* young = std::get_if<Young>(&*judged)) {
    return ForeignResult{Unsettled{file_name, young->look_again_at, false}};
  }
  if (auto* refused = std::get_if<Refused>(&*judged)) {
    Result<Condemned> condemned = condemn(State::pending, file_name, file_name, refused->reason);
    if (condemned) return ForeignResult{std::move(*condemned)};
    if (condemned.error().kind == ErrorKind::not_found) return ForeignResult{Vanished{}};
    if (condemned.error().kind == ErrorKind::no_permission && cannot_be_moved(file_name)) {
      return ForeignResult{Unsettled{file_name, clock_.wall_now() + immovable_pause, true}};
    }
    return std::move(condemned).error();
  }
  return ForeignResult{Vanished{}};
}

std::optional<Entry> DirectoryStore::peek(const std::string& file_name) {
  const Result<FileContent> content = files_.read(layout_.directory(State::pending), file_name,
                                                  with_room_for_history(options_.entry_bytes_max));
  if (!content) return std::nullopt;
  Result<Entry> entry = parse_entry(content->bytes);
  if (!entry) return std::nullopt;
  return std::move(*entry);
}

Result<DirectoryStore::Judgement> DirectoryStore::judge(State state, const std::string& file_name,
                                                        std::uint64_t bytes_max) {
  Result<FileContent> content = files_.read(layout_.directory(state), file_name, bytes_max);
  if (!content) return judge_unreadable(state, file_name, std::move(content).error());
  const FileStatus& status = content->status;
  if (status.links == 0) return Judgement{Vanished{}};
  if (auto fault = find_fault(status)) return Judgement{Refused{std::move(*fault)}};
  if (content->changed_while_read) {
    const Result<FileStatus> now = files_.status(layout_.directory(state), file_name);
    return young_or(now ? *now : status, "it changed while it was read: write aside and rename");
  }
  Result<Entry> entry = parse_entry(content->bytes);
  if (!entry) return young_or(status, entry.error().message());
  return Judgement{Readable{std::move(*entry), status, content->bytes.size()}};
}

Result<DirectoryStore::Judgement> DirectoryStore::judge_unreadable(State state, const std::string& file_name,
                                                                   Error error) {
  if (error.kind == ErrorKind::not_found) return Judgement{Vanished{}};
  if (error.kind == ErrorKind::busy) return Judgement{Young{clock_.wall_now() + options_.settle_time}};
  // Without an errno it is our own limit that was met, by a regular file.
  if (error.kind == ErrorKind::too_large && error.number == 0) return Judgement{Refused{error.context}};

  const Result<FileStatus> status = files_.status(layout_.directory(state), file_name);
  if (!status) return error;
  if (status->type != FileType::regular) {
    return Judgement{Refused{"it is " + std::string(describe(status->type)) + ", no regular file"}};
  }
  if (error.number == EACCES && mode_forbids_reading(*status)) return Judgement{Refused{unreadable(*status)}};
  return error;
}

// A time ahead of the clock tells nothing about how long ago somebody wrote; taken for young, such a file
// would never come to rest.
DirectoryStore::Judgement DirectoryStore::young_or(const FileStatus& status, std::string reason) const {
  const WallTime now = clock_.wall_now();
  if (status.modified <= now && status.modified > now - options_.settle_time) {
    return Young{status.modified + options_.settle_time};
  }
  return Refused{std::move(reason)};
}

std::optional<std::string> DirectoryStore::find_fault(const FileStatus& status) {
  if (status.links != 1) {
    return "it has " + std::to_string(status.links) +
           " names (hard links), and could be changed through another: enqueue a copy";
  }
  if (!submitters_.accepts(status.owner)) {
    return "it belongs to uid " + std::to_string(status.owner) +
           ", who may not enqueue here: see queue.allow_uids, or the group of pending/";
  }
  return std::nullopt;
}

Result<Condemned> DirectoryStore::condemn(State from, const std::string& from_name,
                                          const std::string& wanted_name, const std::string& reason) {
  Result<std::string> name =
      put_aside(files_, layout_, from, from_name, wanted_name, reason, submitters_.file_mode(), sequence_);
  if (!name) return std::move(name).error();
  return Condemned{std::move(*name), reason};
}

// A directory that does not let this user write cannot be moved to another parent, nor can other users' files
// under a sticky bit. One such name must not stop the queue.
bool DirectoryStore::cannot_be_moved(const std::string& file_name) {
  const Result<FileStatus> status = files_.status(layout_.directory(State::pending), file_name);
  return status && (status->type == FileType::directory || status->owner != ::geteuid());
}

}  // namespace spoold
