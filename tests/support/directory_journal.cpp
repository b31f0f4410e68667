#include "support/directory_journal.hpp"

#include <algorithm>

namespace spoold::test {

namespace {

constexpr std::size_t page_bytes = 4096;

template <class Key>
std::optional<std::size_t> find(const std::map<Key, std::size_t>& numbers, const Key& key) {
  const auto found = numbers.find(key);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Choose EveryChoice::choose() {
  depth_ = 0;
  return [this](std::size_t options) {
    if (depth_ == made_.size()) made_.push_back({0, options});
    return made_[depth_++].chosen;
  };
}

bool EveryChoice::next() {
  while (!made_.empty() && made_.back().chosen + 1 == made_.back().options) made_.pop_back();
  if (made_.empty()) return false;
  ++made_.back().chosen;
  return true;
}

void DirectoryJournal::link(const DiskName& at, File file) {
  add({.from = {}, .to = at, .file = std::move(file), .needs = {}});
}

void DirectoryJournal::unlink(const DiskName& at) {
  add({.from = at, .to = {}, .file = seen_.at(at), .needs = {}});
}

void DirectoryJournal::rename(const DiskName& from, const DiskName& to) {
  add({.from = from, .to = to, .file = seen_.at(from), .needs = {}});
}

void DirectoryJournal::put(const DiskName& at, const File& file) {
  file->synced = true;
  file->kept = file->bytes.size();
  seen_[at] = file;
  durable_[at] = file;
}

void DirectoryJournal::note_need(Operation& operation, const std::optional<std::size_t>& number) const {
  if (number && *number >= first_) operation.needs.push_back(*number);
}

void DirectoryJournal::add(Operation operation) {
  const std::size_t number = first_ + operations_.size();
  for (const auto& name : {operation.from, operation.to}) {
    if (!name) continue;
    note_need(operation, find(last_of_name_, *name));
    last_of_name_[*name] = number;
  }
  const DiskFile* file = operation.file.get();
  note_need(operation, find(last_of_file_, file));
  last_of_file_[file] = number;
  // What a rename replaces was a file of its own, with operations before this.
  if (operation.to && seen_.count(*operation.to) != 0) {
    note_need(operation, find(last_of_file_, static_cast<const DiskFile*>(seen_.at(*operation.to).get())));
  }
  apply(seen_, operation, Survival::whole);
  operations_.push_back(std::move(operation));
}

void DirectoryJournal::apply(Names& names, const Operation& operation, Survival survival) {
  if (survival == Survival::lost) return;
  if (operation.from && survival == Survival::whole) names.erase(*operation.from);
  if (operation.to) names[*operation.to] = operation.file;
}

bool DirectoryJournal::reached_by_sync(const Operation& operation, int directory) const {
  return order_ == NameOrder::journal || (operation.from && operation.from->directory == directory) ||
         (operation.to && operation.to->directory == directory);
}

void DirectoryJournal::write_out(const File& file) {
  if (order_ == NameOrder::journal) written_out_.emplace_back(file, first_ + operations_.size());
}

// An operation has become durable: what was in the disk's cache before it is so too.
void DirectoryJournal::flush_before(std::size_t number) {
  const auto flushed = [number](const auto& it) { return it.second <= number; };
  for (const auto& it : written_out_) {
    if (!flushed(it)) continue;
    it.first->synced = true;
    it.first->kept = it.first->bytes.size();
  }
  written_out_.erase(std::remove_if(written_out_.begin(), written_out_.end(), flushed), written_out_.end());
}

// False where it builds on something that a failed sync left in doubt.
bool DirectoryJournal::make_durable(std::size_t number) {
  Operation& operation = at(number);
  if (operation.durable) return true;
  if (operation.doubtful) return false;
  for (const std::size_t need : operation.needs) {
    if (need >= first_ && !make_durable(need)) return false;
  }
  operation.durable = true;
  flush_before(number);
  return true;
}

void DirectoryJournal::sync(int directory) {
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (reached_by_sync(operations_[i], directory)) (void)make_durable(first_ + i);
  }
  settle_oldest();
}

void DirectoryJournal::fail_sync(int directory) {
  if (later_syncs_count_) return;
  for (Operation& operation : operations_) {
    if (!operation.durable && reached_by_sync(operation, directory)) operation.doubtful = true;
  }
}

void DirectoryJournal::write_back(const Choose& choose) {
  const std::size_t up_to = choose(operations_.size() + 1);
  for (std::size_t i = 0; i < up_to; ++i) {
    if (order_ == NameOrder::journal || choose(2) == 0) (void)make_durable(first_ + i);
  }
  settle_oldest();
}

void DirectoryJournal::settle_oldest() {
  std::size_t settled = 0;
  while (settled < operations_.size() && operations_[settled].durable) {
    apply(durable_, operations_[settled++], Survival::whole);
  }
  first_ += settled;
  operations_.erase(operations_.begin(), operations_.begin() + static_cast<std::ptrdiff_t>(settled));
  if (!operations_.empty()) return;
  last_of_name_.clear();
  last_of_file_.clear();
}

std::vector<DirectoryJournal::Survival> DirectoryJournal::choose_survivors(const Choose& choose) {
  std::vector<Survival> survivals(operations_.size(), Survival::lost);
  std::size_t kept = not_durable();
  if (order_ == NameOrder::journal) kept = choose(kept + 1);
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    const Operation& operation = operations_[i];
    if (operation.durable) {
      survivals[i] = Survival::whole;
      continue;
    }
    const bool possible = std::all_of(operation.needs.begin(), operation.needs.end(), [&](std::size_t need) {
      return need < first_ || survivals[need - first_] != Survival::lost;
    });
    if (order_ == NameOrder::journal) {
      const bool before_the_end = kept > 0;
      if (before_the_end) --kept;
      if (possible && before_the_end) survivals[i] = Survival::whole;
    } else if (possible) {
      const bool divisible = order_ == NameOrder::halves && operation.from && operation.to;
      const std::size_t chosen = choose(divisible ? 3 : 2);
      survivals[i] = chosen == 0 ? Survival::lost : chosen == 1 ? Survival::whole : Survival::half;
    }
  }
  return survivals;
}

void DirectoryJournal::lose_bytes(DiskFile& file, const Choose& choose) {
  const std::size_t pages = (file.bytes.size() - file.kept) / page_bytes;
  const std::size_t chosen = choose(3 + pages);
  if (chosen == 1) file.bytes.resize(file.kept);
  if (chosen == 2) file.bytes.replace(file.kept, std::string::npos, file.bytes.size() - file.kept, '\0');
  if (chosen > 2) file.bytes.resize(file.kept + (chosen - 2) * page_bytes);
  file.synced = true;
  file.kept = file.bytes.size();
}

void DirectoryJournal::cut_power(const Choose& choose) {
  const std::vector<Survival> survivals = choose_survivors(choose);
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    apply(durable_, operations_[i], survivals[i]);
    if (survivals[i] != Survival::lost) flush_before(first_ + i);
  }
  written_out_.clear();
  first_ += operations_.size();
  operations_.clear();
  last_of_name_.clear();
  last_of_file_.clear();
  for (const auto& [name, file] : durable_) {
    if (!file->synced) lose_bytes(*file, choose);
  }
  seen_ = durable_;
}

std::size_t DirectoryJournal::not_durable() const {
  return static_cast<std::size_t>(
      std::count_if(operations_.begin(), operations_.end(), [](const auto& it) { return !it.durable; }));
}

}  // namespace spoold::test
