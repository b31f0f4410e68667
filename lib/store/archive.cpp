#include "store/archive.hpp"

#include <array>
#include <cstdio>

#include "entry/bundle.hpp"
#include "entry/entry_format.hpp"
#include "entry/entry_name.hpp"
#include "os/gzip.hpp"

namespace spoold {

namespace {

constexpr const char* journal_name = ".journal";
constexpr const char* clock_name = ".clock";
constexpr const char* journal_staging = "archive-journal";
constexpr const char* clock_staging = "archive-clock";
constexpr std::string_view extension = ".jsonl.gz";
constexpr std::size_t day_columns = 10;  // "2026-01-02"
constexpr std::size_t member_bytes = 4UL * 1024 * 1024;
constexpr std::uint64_t journal_bytes_max = 64ULL * 1024 * 1024;
constexpr std::uint64_t day_bytes_max = 16ULL << 30U;  // read whole, after a crash alone
constexpr std::uint64_t entry_bytes_max = 512ULL * 1024 * 1024;

// Who may read the queue's directory may read its archive.
mode_t mode_of_files(FileSystem& files, const QueueLayout& layout) {
  const auto status = files.status(layout.queue());
  return status && (status->mode & 0040U) != 0 ? 0640 : 0600;
}

Result<void> replace(FileSystem& files, const QueueLayout& layout, Directory to, const std::string& staged,
                     const std::string& name, const std::string& text) {
  const auto removed = files.remove(layout.staging(), staged);
  if (!removed && removed.error().kind != ErrorKind::not_found) return removed.error();
  SPOOLD_TRY(files.write_new(layout.staging(), staged, text, 0600, Durability::synced));
  SPOOLD_TRY(files.rename_over(layout.staging(), staged, to, name));
  return files.sync_directory(to);
}

std::optional<WallTime> time_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  const auto time = parse_rfc3339(found->get<std::string>());
  if (!time) return std::nullopt;
  return *time;
}

// What a file becomes in the archive: its lines, and how many. An Error where it holds no entry.
struct Lines {
  std::string text;
  std::uint64_t entries = 0;
};

Result<void> add_line(const Archive::Item& item, const Json& id, std::string_view bytes, Lines& lines) {
  const auto entry = parse_entry(bytes);
  if (!entry) return entry.error();
  const Json line{{"id", id},
                  {"file", printable(item.file_name)},
                  {"settled_at", format_rfc3339(item.settled_at)},
                  {"entry", entry->document}};
  (lines.text += line.dump()) += '\n';
  ++lines.entries;
  return {};
}

// Of a bundle those that are still in it; of one that all have left, none.
Result<Lines> make_lines(const Archive::Item& item, const std::string& bytes) {
  Lines made;
  const auto name = parse_entry_name(item.file_name);
  if (!name || !name->is_bundle()) {
    SPOOLD_TRY(add_line(item, name ? Json(format_id(name->seq)) : Json(), bytes, made));
    return made;
  }
  BundleLines lines(bytes);
  while (const auto line = lines.next()) {
    SPOOLD_TRY(add_line(item, format_id(name->seq + line->number), line->text, made));
  }
  return made;
}

}  // namespace

// What is to happen: the file grows by one member from size_before to size_after, then these leave
// completed/.
struct Archive::Journal {
  std::string file;
  std::uint64_t size_before = 0;
  std::uint64_t size_after = 0;
  std::vector<std::string> names;

  [[nodiscard]] std::string text() const {
    const Json document{
        {"file", file}, {"size_before", size_before}, {"size_after", size_after}, {"names", names}};
    return document.dump() + "\n";
  }

  // Nothing where it is not one of ours: it is written whole or not at all, so nothing has begun then.
  [[nodiscard]] static std::optional<Journal> parse(const std::string& text) {
    const auto document = parse_json(text);
    if (!document || !document->is_object()) return std::nullopt;
    try {
      return Journal{document->at("file").get<std::string>(),
                     document->at("size_before").get<std::uint64_t>(),
                     document->at("size_after").get<std::uint64_t>(),
                     document->at("names").get<std::vector<std::string>>()};
    } catch (const Json::exception&) {
      return std::nullopt;
    }
  }
};

Result<Directory> open_archive(FileSystem& files, const QueueLayout& layout) {
  auto opened = files.open_directory(layout.queue(), archive_name);
  if (opened || opened.error().kind != ErrorKind::not_found) return opened;
  const auto completed = files.status(layout.directory(State::completed));
  if (!completed) return completed.error();
  // Without the set-group-ID bit of a group's queue: a sandbox may forbid to set it (RestrictSUIDSGID=), and
  // all in here is the daemon's own.
  const auto made = files.make_directory(layout.queue(), archive_name, completed->mode & 0777U);
  if (!made && made.error().kind != ErrorKind::exists) return made.error();
  SPOOLD_TRY(files.sync_directory(layout.queue()));
  return files.open_directory(layout.queue(), archive_name);
}

Result<std::vector<std::string>> list_archive(FileSystem& files, Directory archive) {
  std::vector<std::string> names;
  SPOOLD_TRY(files.list(archive, [&](std::string_view name) {
    if (parse_archive_name(name)) names.emplace_back(name);
    return true;
  }));
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<WallTime> parse_archive_name(std::string_view file_name) {
  if (file_name.size() != day_columns + extension.size() || !file_name.ends_with(extension))
    return std::nullopt;
  const auto day = parse_rfc3339(std::string(file_name.substr(0, day_columns)) + "T00:00:00Z");
  if (!day) return std::nullopt;
  return *day;
}

std::string format_archive_name(WallTime settled_at) {
  return format_rfc3339(settled_at).substr(0, day_columns) + std::string(extension);
}

Result<Archive> Archive::open(FileSystem& files, const QueueLayout& layout, Directory archive) {
  Archive opened(files, layout, archive);
  SPOOLD_TRY(opened.repair());
  return opened;
}

Result<std::uint64_t> Archive::size_of(const std::string& name) {
  const auto status = files_->status(archive_, name);
  if (status) return status->size;
  if (status.error().kind == ErrorKind::not_found) return std::uint64_t{0};
  return status.error();
}

Result<Archive::Moved> Archive::put(const std::vector<Item>& items, std::size_t& taken) {
  Moved moved;
  taken = 0;
  if (items.empty()) return moved;
  Journal journal{.file = format_archive_name(items.front().settled_at), .names = {}};
  std::string lines;
  std::uint64_t archived = 0;
  for (const Item& item : items) {
    if (lines.size() >= member_bytes) break;
    ++taken;
    const auto content = files_->read(layout_->directory(State::completed), item.file_name, entry_bytes_max);
    if (!content && content.error().kind == ErrorKind::not_found) continue;
    if (!content && is_storage_trouble(content.error().kind)) return content.error();
    auto made = content ? make_lines(item, content->bytes) : Result<Lines>(content.error());
    if (!made) {
      moved.unreadable.push_back(printable(item.file_name) + ": " + made.error().message());
      continue;
    }
    lines += made->text;
    archived += made->entries;
    journal.names.push_back(item.file_name);
  }
  if (journal.names.empty()) return moved;

  const std::string member = gzip_member(lines);
  const auto size = size_of(journal.file);
  if (!size) return size.error();
  journal.size_before = *size;
  journal.size_after = *size + member.size();
  // Made before the journal's directory sync, which then covers the name of a new file too.
  if (*size == 0) SPOOLD_TRY(files_->append(archive_, journal.file, {}, mode_of_files(*files_, *layout_)));
  SPOOLD_TRY(write_journal(journal));
  SPOOLD_TRY(files_->append(archive_, journal.file, member, mode_of_files(*files_, *layout_)));
  SPOOLD_TRY(remove_archived(journal.names));
  moved.archived = archived;
  moved.files = journal.names.size();
  return moved;
}

Result<void> Archive::write_journal(const Journal& journal) {
  return replace(*files_, *layout_, archive_, journal_staging, journal_name, journal.text());
}

// The removals are durable before the journal goes: without it they could not be told from what never began.
Result<void> Archive::remove_archived(const std::vector<std::string>& names) {
  const Directory completed = layout_->directory(State::completed);
  for (const std::string& name : names) {
    const auto removed = files_->remove(completed, name);
    if (!removed && removed.error().kind != ErrorKind::not_found) return removed.error();
  }
  SPOOLD_TRY(files_->sync_directory(completed));
  return files_->remove(archive_, journal_name);
}

// Entries of the journal that are still in completed/, and whether some are not.
Result<bool> Archive::any_left(const Journal& journal, bool& any_missing) {
  bool any = false;
  for (const std::string& name : journal.names) {
    const auto status = files_->status(layout_->directory(State::completed), name);
    if (!status && status.error().kind != ErrorKind::not_found) return status.error();
    (status ? any : any_missing) = true;
  }
  return any;
}

// Whether the member stands in the day's file, whole.
Result<bool> Archive::is_appended(const Journal& journal) {
  const auto file = files_->read(archive_, journal.file, day_bytes_max);
  if (!file && file.error().kind == ErrorKind::not_found) return false;
  if (!file) return file.error();
  if (file->bytes.size() < journal.size_after || journal.size_after < journal.size_before) return false;
  return is_gzip_member(
      std::string_view(file->bytes).substr(journal.size_before, journal.size_after - journal.size_before));
}

// Entries leave completed/ only when the member is on the disk. So where all are there, it may be torn, and
// is taken back; where one is missing, it is whole, unless a person took that one away: hence the look at it.
Result<void> Archive::repair() {
  const auto text = files_->read(archive_, journal_name, journal_bytes_max);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return {};
    return text.error();
  }
  const auto journal = Journal::parse(text->bytes);
  if (!journal) return files_->remove(archive_, journal_name);
  bool any_missing = false;
  const auto any_there = any_left(*journal, any_missing);
  if (!any_there) return any_there.error();
  if (any_missing) {
    const auto whole = is_appended(*journal);
    if (!whole) return whole.error();
    if (*whole) {
      // It may be whole in memory only, where a person took an entry away before it was synced.
      SPOOLD_TRY(files_->append(archive_, journal->file, {}, 0600));
      return remove_archived(journal->names);
    }
  }
  const auto size = size_of(journal->file);
  if (!size) return size.error();
  if (*size > journal->size_before)
    SPOOLD_TRY(files_->truncate(archive_, journal->file, journal->size_before));
  return files_->remove(archive_, journal_name);
}

std::optional<ClockRecord> read_clock_record(FileSystem& files, Directory archive) {
  const auto text = files.read(archive, clock_name, 4096);
  if (!text) return std::nullopt;
  const auto document = parse_json(text->bytes);
  if (!document || !document->is_object()) return std::nullopt;
  const auto read_at = time_of(*document, "read_at");
  const auto steady_since = time_of(*document, "steady_since");
  if (!read_at || !steady_since) return std::nullopt;
  return ClockRecord{*read_at, *steady_since};
}

Result<void> write_clock_record(FileSystem& files, const QueueLayout& layout, Directory archive,
                                const ClockRecord& record) {
  const Json document{{"read_at", format_rfc3339(record.read_at)},
                      {"steady_since", format_rfc3339(record.steady_since)}};
  return replace(files, layout, archive, clock_staging, clock_name, document.dump() + "\n");
}

}  // namespace spoold
