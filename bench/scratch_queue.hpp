#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "entry/entry_name.hpp"

namespace spoold::bench {

// A connection for the benchmark's own use.
using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;
[[nodiscard]] Database open_database(const std::string& path);
void execute(sqlite3* database, const std::string& sql);
[[nodiscard]] std::int64_t query_number(sqlite3* database, const std::string& sql);

// An entry as a shell hook would write it: plain SQL that inserts a row `id` into the table `notes`.
[[nodiscard]] std::string note_entry(std::uint64_t id);

// A fresh queue with its database and configuration below the benchmark's directory. Nothing is removed: on
// ext4 making files is slow for minutes after many were unlinked, so bench/run removes all at the very end.
class ScratchQueue {
 public:
  enum class WithDatabase { yes, no };  // no: its backend is unavailable, nothing drains
  // `backend`: options of its SQLite backend in the configuration.
  ScratchQueue(const std::string& parent, const std::string& name, WithDatabase with = WithDatabase::yes,
               const std::string& backend = "batch: 100");

  // Puts entries into pending/, with names of the queue's own, and syncs the file system. `text` gives an
  // entry's text by its number, counted from `first`; a name goes by the number too.
  void fill(std::size_t entries, std::string (*text)(std::uint64_t id) = note_entry,
            std::uint64_t first = 0) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string database() const { return path_ + ".db"; }
  [[nodiscard]] std::string config() const { return path_ + ".yaml"; }
  [[nodiscard]] std::string log() const { return path_ + ".log"; }

 private:
  std::string path_;
};

// A name of the queue's own, never tried, at the default priority.
[[nodiscard]] EntryName plain_name(std::uint64_t seq);

}  // namespace spoold::bench
