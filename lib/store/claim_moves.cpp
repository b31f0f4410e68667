#include "store/claim_moves.hpp"

#include "store/placing.hpp"

namespace spoold {

namespace {

constexpr std::chrono::seconds immovable_pause{60};

}  // namespace

Result<std::optional<NoClaim>> ClaimMoves::take(const std::string& from, const std::string& to) {
  Result<void> moved =
      files_.rename_new(layout_.directory(State::pending), from, layout_.directory(State::processing), to);
  if (moved) return std::optional<NoClaim>{};
  Result<NoClaim> why = explain(from, std::move(moved).error());
  if (!why) return std::move(why).error();
  return std::optional<NoClaim>{std::move(*why)};
}

Result<NoClaim> ClaimMoves::explain(const std::string& file_name, Error error) {
  if (error.kind == ErrorKind::not_found) return NoClaim{Vanished{}};
  if (error.kind == ErrorKind::exists) {
    // Two entries of one id must not run at the same time; a person has to say which of them is meant.
    Result<Condemned> condemned = condemn(
        State::pending, file_name, file_name,
        "an entry of the same name is being processed: this one is a copy; give it another name to run it");
    if (!condemned) return std::move(condemned).error();
    return NoClaim{std::move(*condemned)};
  }
  if (error.kind == ErrorKind::no_permission && judge_.cannot_be_moved(file_name)) {
    return NoClaim{Unsettled{file_name, clock_.wall_now() + immovable_pause, true}};
  }
  return error;
}

Result<NoClaim> ClaimMoves::refuse_foreign(const std::string& file_name, FileJudge::Refused refused) {
  Result<Condemned> condemned = condemn(State::pending, file_name, file_name, refused.reason);
  if (condemned) return NoClaim{std::move(*condemned)};
  if (condemned.error().kind == ErrorKind::not_found) return NoClaim{Vanished{}};
  if (condemned.error().kind == ErrorKind::no_permission && judge_.cannot_be_moved(file_name)) {
    return NoClaim{Unsettled{file_name, clock_.wall_now() + immovable_pause, true}};
  }
  return std::move(condemned).error();
}

Result<NoClaim> ClaimMoves::refuse(const std::string& taken, const std::string& name_before,
                                   FileJudge::Refused refused) {
  Result<Condemned> condemned = condemn(State::processing, taken, name_before, refused.reason);
  if (!condemned) return give_up(taken, name_before, std::move(condemned).error());
  return NoClaim{std::move(*condemned)};
}

Result<NoClaim> ClaimMoves::put_back(const std::string& taken, const std::string& name_before,
                                     FileJudge::Young young) {
  Result<std::string> name = move_back(taken, name_before);
  if (!name) return std::move(name).error();
  return NoClaim{Unsettled{std::move(*name), young.look_again_at, false}};
}

Result<std::string> ClaimMoves::move_back(const std::string& taken, const std::string& name_before) {
  Result<std::string> name = place(files_, layout_, State::processing, taken, State::pending, name_before);
  if (name) return name;
  Error error = std::move(name).error();
  error.context =
      "put " + taken +
      " back into pending/ (it stays in processing/ until the daemon's next start): " + error.context;
  return error;
}

Error ClaimMoves::give_up(const std::string& taken, const std::string& name_before, Error error) {
  const Result<std::string> name = move_back(taken, name_before);
  // Somebody took it out of processing/: then it is where he wants it.
  if (!name && name.error().kind != ErrorKind::not_found) error.context += "; " + name.error().message();
  return error;
}

Result<Condemned> ClaimMoves::condemn(State from, const std::string& from_name,
                                      const std::string& wanted_name, const std::string& reason) {
  Result<std::string> name =
      put_aside(files_, layout_, from, from_name, wanted_name, reason, submitters_.file_mode(), sequence_);
  if (!name) return std::move(name).error();
  return Condemned{std::move(*name), reason};
}

}  // namespace spoold
