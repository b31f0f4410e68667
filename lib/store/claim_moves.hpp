#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "store/file_judge.hpp"
#include "store/sequence.hpp"

namespace spoold {

// What a claim comes to that yields nothing to run.
using NoClaim = std::variant<Vanished, Unsettled, Condemned>;

// As one of the results of a larger variant.
template <class Wider>
[[nodiscard]] Wider widen(NoClaim found) {
  return std::visit([](auto& one) { return Wider{std::move(one)}; }, found);
}

// The renames of a claim and what is done where it fails; the same for entries and bundles. One thread.
class ClaimMoves {
 public:
  // All must outlive it.
  ClaimMoves(FileSystem& files, const QueueLayout& layout, Sequence& sequence, const Clock& clock,
             Submitters& submitters, FileJudge& judge)
      : files_(files),
        layout_(layout),
        sequence_(sequence),
        clock_(clock),
        submitters_(submitters),
        judge_(judge) {}

  // pending/`from` to processing/`to`. Nothing: it lies there now, and must not stay unless it is claimed.
  [[nodiscard]] Result<std::optional<NoClaim>> take(const std::string& from, const std::string& to);

  // A foreign name that is to be claimed by no one, still in pending/.
  [[nodiscard]] Result<NoClaim> refuse_foreign(const std::string& file_name, FileJudge::Refused refused);
  // What was taken, and is not to be claimed: to corrupt/ under the name it had before, or, being young, back
  // there. An Error: back there too.
  [[nodiscard]] Result<NoClaim> refuse(const std::string& taken, const std::string& name_before,
                                       FileJudge::Refused refused);
  [[nodiscard]] Result<NoClaim> put_back(const std::string& taken, const std::string& name_before,
                                         FileJudge::Young young);
  [[nodiscard]] Error give_up(const std::string& taken, const std::string& name_before, Error error);

 private:
  [[nodiscard]] Result<NoClaim> explain(const std::string& file_name, Error error);
  [[nodiscard]] Result<std::string> move_back(const std::string& taken, const std::string& name_before);
  [[nodiscard]] Result<Condemned> condemn(State from, const std::string& from_name,
                                          const std::string& wanted_name, const std::string& reason);

  FileSystem& files_;
  const QueueLayout& layout_;
  Sequence& sequence_;
  const Clock& clock_;
  Submitters& submitters_;
  FileJudge& judge_;
};

}  // namespace spoold
