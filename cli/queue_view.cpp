#include "queue_view.hpp"

#include "entry/bundle.hpp"
#include "terminal.hpp"

namespace spoold {

namespace {

// An entry may have grown beyond queue.max_entry_bytes by its receipt.
constexpr std::uint64_t read_bytes_max = 64ULL * 1024 * 1024;
constexpr std::uint64_t bundle_bytes_max = 512ULL * 1024 * 1024;
constexpr std::uint64_t reason_bytes_max_on_disk = 64ULL * 1024;

bool stands_for_entry(State state, std::string_view file_name) {
  if (state == State::corrupt) return !file_name.starts_with('.') && !file_name.ends_with(reason_suffix);
  return is_entry_file_name(file_name);
}

EntryContent read_line(std::string_view text, const EntryFile& file) {
  EntryContent content;
  const auto line = find_bundle_line(text, file.line);
  content.gone = !line;
  if (!line) return content;
  auto entry = parse_entry(*line);
  if (entry) {
    content.entry = std::move(*entry);
  } else {
    content.problem = "no entry: " + entry.error().message();
  }
  return content;
}

EntryContent look_into_bundle(std::string_view text, const EntryFile& file) {
  EntryContent content;
  if (file.state == State::failed && file.name) {
    content.problem = "the daemon died " + count_of(file.name->crashes, "time") + " while holding it";
  }
  BundleLines lines(text);
  while (const auto line = lines.next()) {
    ++content.entries;
    if (!content.first_operation.empty()) continue;
    if (const auto entry = parse_entry(line->text)) content.first_operation = entry->operation;
  }
  return content;
}

}  // namespace

Result<QueueView> QueueView::open(Session& session) {
  auto queue = session.files.open_directory(session.queue_path);
  if (!queue) return session.explain_open(queue.error());
  QueueView view(session, *queue);
  // Any directory can be opened; one without pending/ is no queue.
  if (auto pending = view.directory(State::pending); !pending) return pending.error();
  return view;
}

Result<Directory> QueueView::directory(State state) {
  auto& held = states_[static_cast<std::size_t>(state)];
  if (held) return *held;
  auto opened = session_->files.open_directory(queue_, std::string(to_string(state)));
  if (opened) {
    held = *opened;
    return *opened;
  }
  if (opened.error().kind == ErrorKind::not_found) {
    return Error{ErrorKind::not_found, path() + " is no whole queue: " + std::string(to_string(state)) +
                                           "/ is missing; 'spoolctl " + session_->selection +
                                           " init' makes it"};
  }
  return session_->explain_open(opened.error());
}

Result<void> QueueView::each(State state, const std::function<bool(std::string_view)>& visit) {
  const auto opened = directory(state);
  if (!opened) return opened.error();
  return session_->files.list(*opened, [&](std::string_view file_name) {
    return !stands_for_entry(state, file_name) || visit(file_name);
  });
}

Result<void> QueueView::check_still_there() {
  for (const State state : all_states) {
    const auto& held = states_[static_cast<std::size_t>(state)];
    if (!held) continue;
    const auto opened = session_->files.status(*held);
    const auto there = session_->files.status(path() + "/" + std::string(to_string(state)));
    if (opened && there && opened->device == there->device && opened->inode == there->inode) continue;
    return Error{ErrorKind::gone, "the queue at " + path() + " was removed or replaced (" +
                                      std::string(to_string(state)) + "/)"};
  }
  return {};
}

EntryContent QueueView::read(const EntryFile& file) {
  if (file.state == State::corrupt) {
    EntryContent content;
    content.problem = corrupt_reason(file.file_name);
    return content;
  }
  const bool bundle = is_bundle_file_name(file.file_name);
  const auto bytes = read_bytes(file, bundle ? bundle_bytes_max : read_bytes_max);
  EntryContent content;
  if (!bytes) {
    content.problem = bytes.error().message();
    content.gone = bytes.error().kind == ErrorKind::not_found;
    return content;
  }
  if (bundle) return file.line > 0 ? read_line(*bytes, file) : look_into_bundle(*bytes, file);
  auto entry = parse_entry(*bytes);
  if (entry) {
    content.entry = std::move(*entry);
  } else {
    content.problem = "no entry: " + entry.error().message();
  }
  return content;
}

Result<std::string> QueueView::read_bytes(const EntryFile& file, std::uint64_t bytes_max) {
  const auto opened = directory(file.state);
  if (!opened) return opened.error();
  auto content = session_->files.read(*opened, file.file_name, bytes_max);
  if (!content) return std::move(content).error();
  return std::move(content->bytes);
}

Result<std::string> QueueView::read_bundle(const EntryFile& file) {
  return read_bytes(file, bundle_bytes_max);
}

std::string QueueView::corrupt_reason(const std::string& file_name) {
  const auto opened = directory(State::corrupt);
  if (!opened) return {};
  const auto content =
      session_->files.read(*opened, file_name + std::string(reason_suffix), reason_bytes_max_on_disk);
  if (!content) return {};
  std::string reason = content->bytes;
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  return reason;
}

std::optional<WallTime> QueueView::enqueued_at(const EntryFile& file) {
  if (file.name) return time_of_seq(file.name->seq);
  const auto opened = directory(file.state);
  if (!opened) return std::nullopt;
  const auto status = session_->files.status(*opened, file.file_name);
  if (!status) return std::nullopt;
  return status->modified;
}

WallTime time_of_seq(std::uint64_t seq) {
  return WallTime(std::chrono::nanoseconds(static_cast<std::int64_t>(seq)));
}

std::string to_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace spoold
