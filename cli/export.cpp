#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

#include "base/duration.hpp"
#include "entry/bundle.hpp"
#include "exit_status.hpp"
#include "export_fields.hpp"
#include "os/gzip.hpp"
#include "policy/glob.hpp"
#include "queue_view.hpp"
#include "store/archive.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct ExportCommand {
  std::string state = "completed";
  std::string fields;
  std::string operation;
  std::string since;
  std::string until;
  bool no_archive = false;
  bool skip_incomplete = false;
};

// RFC 3339, or a duration that is counted back from now.
Result<std::optional<WallTime>> parse_bound(const char* option, const std::string& text, WallTime now) {
  if (text.empty()) return std::optional<WallTime>();
  if (const auto age = parse_duration(text)) return std::optional(now - *age);
  if (const auto time = parse_rfc3339(text)) return std::optional(*time);
  return Error{ErrorKind::invalid,
               std::string(option) + ": '" + text +
                   "' is no time; expected RFC 3339, such as 2026-01-02T00:00:00Z, or how long "
                   "ago, such as 7d"};
}

class Exporter {
 public:
  Exporter(const ExportCommand& command, Session& session, QueueView view, ExportFields fields, State state)
      : command_(command),
        session_(session),
        view_(std::move(view)),
        fields_(std::move(fields)),
        state_(state) {}

  [[nodiscard]] Result<void> set_bounds() {
    const WallTime now = session_.clock.wall_now();
    const auto since = parse_bound("--since", command_.since, now);
    if (!since) return since.error();
    const auto until = parse_bound("--until", command_.until, now);
    if (!until) return until.error();
    since_ = *since;
    until_ = *until;
    return {};
  }

  // The directory's names first: what is archived meanwhile is then found gone, and looked up in the archive.
  [[nodiscard]] Result<void> run() {
    std::vector<std::string> names;
    SPOOLD_TRY(view_.each(state_, [&](std::string_view name) {
      names.emplace_back(name);
      return true;
    }));
    std::sort(names.begin(), names.end(), by_id);
    for (const auto& name : names) {
      const auto parsed = parse_entry_name(name);
      if (!parsed) continue;
      for (auto id = parsed->seq + (parsed->is_bundle() ? 1 : 0); id <= parsed->last_seq(); ++id) {
        in_directory_.push_back(id);
      }
    }
    std::sort(in_directory_.begin(), in_directory_.end());  // lines that left a bundle may lie here too
    const bool archive = state_ == State::completed && !command_.no_archive;
    if (archive) SPOOLD_TRY(export_archive(nullptr));
    std::set<std::string> gone;
    for (const auto& name : names) {
      if (is_bundle_file_name(name)) {
        export_bundle(name, gone);
      } else {
        export_file(name, gone);
      }
    }
    if (archive && !gone.empty()) SPOOLD_TRY(export_archive(&gone));
    return {};
  }

 private:
  static bool by_id(const std::string& a, const std::string& b) {
    const auto name_a = parse_entry_name(a);
    const auto name_b = parse_entry_name(b);
    return std::pair(name_a ? name_a->seq : 0, a) < std::pair(name_b ? name_b->seq : 0, b);
  }

  void export_file(const std::string& file_name, std::set<std::string>& gone) {
    const EntryFile file{state_, file_name, parse_entry_name(file_name)};
    if (file.name && from_archive_.contains(file.name->seq)) return;
    const std::string id = file.name ? format_id(file.name->seq) : std::string();
    const auto enqueued = view_.enqueued_at(file);
    if (!in_time(enqueued)) return;
    const auto content = view_.read(file);
    if (content.gone) gone.insert(id);
    if (!content.gone && !content.entry) complain(printable(file_name) + ": " + printable(content.problem));
    if (!content.entry) return;
    write({id, std::string(to_string(state_)), enqueued, content.entry->document});
  }

  // Each of its lines, as the entry that it is.
  void export_bundle(const std::string& file_name, std::set<std::string>& gone) {
    EntryFile file{state_, file_name, parse_entry_name(file_name)};
    if (!file.name) return;
    const auto text = view_.read_bundle(file);
    if (!text && text.error().kind == ErrorKind::not_found) {
      for (auto id = file.name->seq + 1; id <= file.name->last_seq(); ++id) {
        if (!from_archive_.contains(id)) gone.insert(format_id(id));
      }
      return;
    }
    if (!text) return complain(printable(file_name) + ": " + text.error().message());
    const auto enqueued = view_.enqueued_at(file);
    if (!in_time(enqueued)) return;
    BundleLines lines(*text);
    while (const auto line = lines.next()) {
      const std::uint64_t id = file.name->seq + line->number;
      if (from_archive_.contains(id)) continue;
      const auto entry = parse_entry(line->text);
      if (entry) {
        write({format_id(id), std::string(to_string(state_)), enqueued, entry->document});
      } else {
        complain(printable(file_name) + ": line " + std::to_string(line->number) + ": " +
                 entry.error().message());
      }
    }
  }

  // With `only`, these ids alone.
  [[nodiscard]] Result<void> export_archive(const std::set<std::string>* only) {
    const auto archive = session_.files.open_directory(view_.queue(), archive_name);
    if (!archive) {
      if (archive.error().kind == ErrorKind::not_found) return {};
      return session_.explain_open(archive.error());
    }
    const auto names = list_archive(session_.files, *archive);
    if (!names) return names.error();
    for (const auto& name : *names) {
      // What was settled on a day was enqueued before its end.
      if (since_ && *parse_archive_name(name) + std::chrono::days{1} <= *since_) continue;
      SPOOLD_TRY(export_archive_file(*archive, name, only));
    }
    return {};
  }

  [[nodiscard]] Result<void> export_archive_file(Directory archive, const std::string& name,
                                                 const std::set<std::string>* only) {
    auto lines = GzipLines::open(archive.handle, name);
    if (!lines) {
      if (lines.error().kind == ErrorKind::not_found) return {};
      return lines.error();
    }
    for (;;) {
      const auto line = lines->next();
      if (!line) {
        // What is being written just now ends amid a member; what is damaged is told. The rest is exported.
        complain(line.error().message());
        return {};
      }
      if (!*line) return {};
      export_line(name, **line, only);
    }
  }

  void export_line(const std::string& file, const std::string& line, const std::set<std::string>* only) {
    auto document = parse_json(line);
    if (!document || !document->is_object() || !document->contains("entry") ||
        !document->value("id", Json()).is_string()) {
      return complain(file + ": a line is no archived entry");
    }
    const std::string id = (*document)["id"].get<std::string>();
    if (only != nullptr && !only->contains(id)) return;
    const auto seq = parse_id(id);
    const auto enqueued = seq ? std::optional(time_of_seq(*seq)) : std::nullopt;
    if (!in_time(enqueued)) return;
    if (seq && std::binary_search(in_directory_.begin(), in_directory_.end(), *seq))
      from_archive_.insert(*seq);
    write({id, std::string(to_string(State::completed)), enqueued, std::move((*document)["entry"])});
  }

  [[nodiscard]] bool in_time(const std::optional<WallTime>& enqueued) const {
    if (since_ && (!enqueued || *enqueued < *since_)) return false;
    return !until_ || (enqueued && *enqueued < *until_);
  }

  void write(const ExportedEntry& exported) const {
    const auto operation = exported.entry.find("operation");
    const bool named = operation != exported.entry.end() && operation->is_string();
    if (!command_.operation.empty() &&
        (!named || !glob_matches(command_.operation, operation->get<std::string>()))) {
      return;
    }
    bool complete = true;
    const Json line = fields_.pick(exported, complete);
    if (command_.skip_incomplete && !complete) return;
    std::cout << to_text(line) << "\n";
  }

  const ExportCommand& command_;
  Session& session_;
  QueueView view_;
  ExportFields fields_;
  State state_;
  std::optional<WallTime> since_;
  std::optional<WallTime> until_;
  std::vector<std::uint64_t> in_directory_;  // ids, sorted
  std::set<std::uint64_t> from_archive_;     // of these, what was archived before it was reached here
};

Result<int> run(const ExportCommand& command, Session& session) {
  const auto state = parse_state(command.state);
  if (!state || (*state != State::completed && *state != State::failed && *state != State::cancelled)) {
    return fail(exit_status::usage, "cannot export '" + printable(command.state) +
                                        "'; there are completed, failed and cancelled");
  }
  auto fields = ExportFields::parse(command.fields);
  if (!fields) return fail(exit_status::usage, fields.error().message());
  auto view = QueueView::open(session);
  if (!view) return view.error();
  Exporter exporter(command, session, std::move(*view), std::move(*fields), *state);
  if (const auto bounds = exporter.set_bounds(); !bounds)
    return fail(exit_status::usage, bounds.error().message());
  SPOOLD_TRY(exporter.run());
  return exit_status::done;
}

}  // namespace

Action define_export(CLI::App& command) {
  const auto options = std::make_shared<ExportCommand>();
  command.add_option("STATE", options->state, "completed (the default), failed or cancelled");
  command.add_option("--fields", options->fields, "only these parts, e.g. operation,body.prompt,result.body")
      ->type_name("LIST");
  command.add_option("--operation", options->operation, "only these; * stands for any characters, ? for one")
      ->type_name("GLOB");
  command.add_option("--since", options->since, "enqueued then or later: RFC 3339, or how long ago (7d)")
      ->type_name("TIME");
  command.add_option("--until", options->until, "enqueued before")->type_name("TIME");
  command.add_flag("--no-archive", options->no_archive, "leave out what is in archive/");
  command.add_flag("--skip-incomplete", options->skip_incomplete,
                   "leave out entries that lack one of the fields");
  command.footer(
      "JSON Lines, the oldest first: {\"id\",\"state\",\"enqueued_at\",\"entry\"}, or the fields asked\n"
      "for, each under the name it was asked by, null where it is not there. A field is id,\n"
      "state, enqueued_at, or a path into the entry: a.b.0.c, or /a/b/0/c.\n\n"
      "Examples:\n"
      "  spoolctl export --operation 'chat.*' --fields id,body.messages,result.body --skip-incomplete\n"
      "  spoolctl export failed --since 7d --fields operation,last_error");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
