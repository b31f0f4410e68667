#include <unistd.h>

#include <algorithm>

#include "store/directory_store.hpp"

// DirectoryStore: how an entry is claimed, and what is no entry told apart.

namespace spoold {

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

  Result<std::optional<NoClaim>> taken = moves_.take(file_name, claim.file_name);
  if (!taken) return std::move(taken).error();
  if (*taken) return widen<ClaimResult>(std::move(**taken));
  return take_in(std::move(claim), file_name);
}

// The entry lies in processing/ now; it must not stay there unless a Claim is returned.
Result<ClaimResult> DirectoryStore::take_in(Claim claim, const std::string& name_before) {
  Result<Judgement> judged =
      judge(State::processing, claim.file_name, with_room_for_history(options_.entry_bytes_max));
  if (!judged) return moves_.give_up(claim.file_name, name_before, std::move(judged).error());

  if (auto* readable = std::get_if<Readable>(&*judged)) {
    claim.entry = std::move(readable->entry);
    claim.bytes = readable->bytes;
    claim.adopted = claim.adopted || claim.entry.document.contains(submitter_field);
    if (submitters_.may_be_changed_by_others(readable->status)) {
      if (Result<void> copied = make_own_copy(claim, readable->status); !copied) {
        return moves_.give_up(claim.file_name, name_before, std::move(copied).error());
      }
    }
    return ClaimResult{std::move(claim)};
  }
  Result<NoClaim> none = Vanished{};
  if (auto* refused = std::get_if<FileJudge::Refused>(&*judged)) {
    none = moves_.refuse(claim.file_name, name_before, std::move(*refused));
  } else if (auto* young = std::get_if<FileJudge::Young>(&*judged)) {
    none = moves_.put_back(claim.file_name, name_before, *young);
  }
  if (!none) return std::move(none).error();
  return widen<ClaimResult>(std::move(*none));
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

Result<DirectoryStore::ForeignResult> DirectoryStore::look_at_foreign(const std::string& file_name) {
  if (is_bundle_file_name(file_name)) return bundles_.look_at_foreign(file_name);
  Result<Judgement> judged = judge(State::pending, file_name, options_.entry_bytes_max);
  if (!judged) return std::move(judged).error();
  if (auto* readable = std::get_if<Readable>(&*judged)) {
    const std::optional<int> leading = leading_priority(file_name);
    const int priority = leading ? *leading : readable->entry.priority.value_or(priority_default);
    return ForeignResult{ForeignEntry{priority, readable->status.modified}};
  }
  if (auto* young = std::get_if<FileJudge::Young>(&*judged)) {
    return ForeignResult{Unsettled{file_name, young->look_again_at, false}};
  }
  if (auto* refused = std::get_if<FileJudge::Refused>(&*judged)) {
    Result<NoClaim> none = moves_.refuse_foreign(file_name, std::move(*refused));
    if (!none) return std::move(none).error();
    return widen<ForeignResult>(std::move(*none));
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
  Result<FileJudge::Look> looked = judge_.look(state, file_name, bytes_max);
  if (!looked) return std::move(looked).error();
  if (std::holds_alternative<Vanished>(*looked)) return Judgement{Vanished{}};
  if (auto* young = std::get_if<FileJudge::Young>(&*looked)) return Judgement{*young};
  if (auto* refused = std::get_if<FileJudge::Refused>(&*looked)) return Judgement{std::move(*refused)};
  const auto& [bytes, status] = std::get<FileJudge::Whole>(*looked);
  Result<Entry> entry = parse_entry(bytes);
  if (!entry) return judge_.young_or<Judgement>(status, entry.error().message());
  return Judgement{Readable{std::move(*entry), status, bytes.size()}};
}

}  // namespace spoold
