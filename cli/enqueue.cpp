#include <iostream>
#include <memory>

#include "bulk_enqueue.hpp"
#include "bundle_enqueue.hpp"
#include "config/config.hpp"
#include "entry_input.hpp"
#include "entry_options.hpp"
#include "exit_status.hpp"
#include "queue_pressure.hpp"
#include "queue_view.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace spoold {

namespace {

struct EnqueueCommand {
  EntryOptions entry;
  std::string file;
  bool lines = false;
  bool bundle = false;
  bool skip_bad = false;
  bool no_sync = false;
  bool respect_level = false;
  bool json = false;
  bool verbose = false;
};

// What a producer needs of a queue, held together.
struct OpenQueue {
  QueueLayout layout;
  Sequence sequence;
};

Result<OpenQueue> open_queue(Session& session) {
  auto layout = QueueLayout::open_for_producer(session.files, session.queue_path);
  if (!layout) return session.explain_open(layout.error());
  const auto pending = session.files.status(layout->directory(State::pending));
  if (!pending) return pending.error();
  constexpr mode_t group_may_write = 0020;
  const bool for_group = (pending->mode & group_may_write) != 0;
  auto sequence = Sequence::open(layout->queue(), session.clock, for_group ? 0660 : 0600);
  if (!sequence) return session.explain_open(sequence.error());
  return OpenQueue{std::move(*layout), std::move(*sequence)};
}

ProducerOptions producer_options(const EnqueueCommand& command, const Session& session) {
  ProducerOptions options = session.config->producer;
  options.sync_directory = !command.no_sync;
  return options;
}

void print(const Producer::Enqueued& enqueued, bool json) {
  if (!json) {
    std::cout << format_id(enqueued.seq) << "\n";
    return;
  }
  const Json object{
      {"id", format_id(enqueued.seq)}, {"state", to_string(enqueued.state)}, {"file", enqueued.file_name}};
  std::cout << to_text(object) << "\n";
}

// The one entry of the options or of the input.
Result<Entry> read_entry(const EnqueueCommand& command, const Session& session) {
  if (command.entry.any()) return command.entry.make(session.clock.wall_now());
  const auto input = EntryInput::open(command.file);
  if (!input) return input.error();
  const auto bytes = input->read_all(session.config->producer.entry_bytes_max);
  if (!bytes) return bytes.error();
  if (bytes->find_first_not_of(" \t\r\n") == std::string::npos) {
    return Error{ErrorKind::invalid, input->name() + " is empty: expected an entry, one JSON object"};
  }
  auto entry = parse_entry(*bytes);
  if (entry) return entry;
  Error error = entry.error();
  error.context = input->name() + ": " + error.context;
  const bool first_line_is_one = parse_entry(bytes->substr(0, bytes->find('\n'))).has_value();
  if (first_line_is_one) error.context += "; for an entry a line give --jsonl";
  return error;
}

Result<void> refuse_at_overflow(Session& session) {
  auto view = QueueView::open(session);
  if (!view) return view.error();
  const auto pressure = measure_queue(session, *view);
  if (!pressure) return pressure.error();
  if (pressure->level != PressureLevel::overflow) return {};
  return Error{ErrorKind::busy, "the queue is at OVERFLOW: " + count_entries(pressure->waiting) +
                                    (pressure->waiting == 1 ? " waits" : " wait") +
                                    ", and pressure.overflow is " +
                                    std::to_string(session.config->pressure.overflow) + "; try later"};
}

Result<int> enqueue_one(const EnqueueCommand& command, Session& session) {
  auto entry = read_entry(command, session);
  if (!entry) return entry.error();
  auto queue = open_queue(session);
  if (!queue) return queue.error();
  Producer producer(session.files, queue->layout, queue->sequence, session.clock,
                    producer_options(command, session));
  const auto enqueued = producer.enqueue(std::move(*entry));
  if (!enqueued) return enqueued.error();
  print(*enqueued, command.json);
  return exit_status::done;
}

void print_summary(const BulkResult& bulk, const EnqueueCommand& command) {
  // With -v standard output is the list of what was enqueued, for another program.
  std::ostream& out = command.verbose ? std::cerr : std::cout;
  if (command.json) {
    out << to_text(Json{{"enqueued", bulk.enqueued}, {"bad", bulk.bad}}) << "\n";
    return;
  }
  out << "enqueued " << count_entries(bulk.enqueued);
  if (bulk.bad > 0) out << ", " << count_of(bulk.bad, "bad line") << " skipped";
  out << "\n";
}

int fail_for_bad_lines(std::uint64_t bad) {
  return fail(exit_status::bad_entry, "nothing is enqueued: " + group_digits(bad) +
                                          (bad == 1 ? " line is" : " lines are") +
                                          " bad; mend or --skip-bad");
}

Result<int> enqueue_bulk(const EnqueueCommand& command, Session& session) {
  auto input = EntryInput::open(command.file);
  if (!input) return input.error();
  auto queue = open_queue(session);
  if (!queue) return queue.error();
  Producer producer(session.files, queue->layout, queue->sequence, session.clock,
                    producer_options(command, session));

  BulkOptions options;
  options.skip_bad = command.skip_bad;
  options.entry_bytes_max = session.config->producer.entry_bytes_max;
  options.on_bad_line = complain;
  options.on_enqueued = [&](const Producer::Enqueued& enqueued) {
    if (command.verbose) print(enqueued, command.json);
  };
  const auto bulk = enqueue_lines(*input, producer, options);
  if (!bulk.result) return bulk.result.error();
  if (bulk.bad > 0 && !command.skip_bad) {
    return fail_for_bad_lines(bulk.bad);
  }
  print_summary(bulk, command);
  return exit_status::done;
}

// The ids of all its entries, which its name alone tells.
void print_entries(const Producer::StagedBundle& bundle, bool json) {
  for (std::uint64_t id = bundle.name.seq + 1; id <= bundle.name.last_seq(); ++id) {
    print({id, State::pending, bundle.file_name}, json);
  }
}

void print_summary(const BundledLines& done, const EnqueueCommand& command) {
  std::ostream& out = command.verbose ? std::cerr : std::cout;
  if (command.json) {
    Json bundles = Json::array();
    for (const auto& bundle : done.bundles) bundles.push_back(format_id(bundle.name.seq));
    out << to_text(Json{{"enqueued", done.enqueued}, {"bad", done.bad}, {"bundles", bundles}}) << "\n";
    return;
  }
  out << "enqueued " << count_entries(done.enqueued);
  if (done.bundles.size() == 1) out << " in bundle " << format_id(done.bundles.front().name.seq);
  if (done.bundles.size() > 1) out << " in " << group_digits(done.bundles.size()) << " bundles";
  if (done.bad > 0) out << ", " << count_of(done.bad, "bad line") << " skipped";
  out << "\n";
}

Result<int> enqueue_bundled(const EnqueueCommand& command, Session& session) {
  auto input = EntryInput::open(command.file);
  if (!input) return input.error();
  auto queue = open_queue(session);
  if (!queue) return queue.error();
  const ProducerOptions limits = producer_options(command, session);
  Producer producer(session.files, queue->layout, queue->sequence, session.clock, limits);
  const auto done = enqueue_bundles(*input, producer, {command.skip_bad, limits, complain});
  if (command.verbose) {
    for (const auto& bundle : done.bundles) print_entries(bundle, command.json);
  }
  if (!done.result) {
    Error error = done.result.error();
    if (error.kind == ErrorKind::unknown) return error;  // which says what is there
    error.context = (done.enqueued == 0 ? "nothing is enqueued: "
                                        : "only " + count_entries(done.enqueued) + " are enqueued: ") +
                    error.context;
    return error;
  }
  if (done.bad > 0 && !command.skip_bad) return fail_for_bad_lines(done.bad);
  print_summary(done, command);
  return exit_status::done;
}

Result<int> run(const EnqueueCommand& command, Session& session) {
  const bool lines = command.lines || command.bundle;
  if (command.entry.any() && (lines || !command.file.empty())) {
    return fail(exit_status::usage, "give the entry by options or as JSON (-f, --jsonl, --bundle), not both");
  }
  if (command.skip_bad && !lines) return fail(exit_status::usage, "--skip-bad needs --jsonl or --bundle");
  if (command.entry.any() && !command.entry.operation) {
    return fail(exit_status::usage, "--operation is missing: every entry says what it is");
  }
  const bool from_standard_input = !command.entry.any() && (command.file.empty() || command.file == "-");
  if (from_standard_input && EntryInput().is_terminal()) {
    return fail(
        exit_status::usage,
        "what shall be enqueued? give --operation and more, -f FILE, or an entry on standard input; see "
        "'spoolctl enqueue --help'");
  }
  if (command.respect_level) SPOOLD_TRY(refuse_at_overflow(session));
  if (command.bundle) return enqueue_bundled(command, session);
  return command.lines ? enqueue_bulk(command, session) : enqueue_one(command, session);
}

}  // namespace

Action define_enqueue(CLI::App& command) {
  const auto options = std::make_shared<EnqueueCommand>();
  options->entry.define(command);
  command.add_option("-f,--file", options->file, "read JSON from here instead of standard input")
      ->type_name("FILE");
  command.add_flag("--jsonl", options->lines, "JSON Lines: every line is an entry");
  command.add_flag("--bundle", options->bundle,
                   "JSON Lines, enqueued as one file: for very many entries for SQLite");
  command.add_flag("--skip-bad", options->skip_bad, "enqueue the good lines; else one bad line stops all");
  command.add_flag("--no-sync", options->no_sync,
                   "faster: a power cut within seconds may take the entry back, whole");
  command.add_flag("--respect-level", options->respect_level,
                   "refuse (75) while 'spoolctl level' is OVERFLOW");
  command.add_flag("--json", options->json, "print {\"id\",\"state\",\"file\"} instead of the id");
  command.add_flag("-v,--verbose", options->verbose, "with --jsonl or --bundle: print every id");
  command.footer(
      "When this ends with 0, the entry survives kill -9 and power loss. Exit status: 64 the\n"
      "command line is wrong, 65 the entry is bad, 66 no queue there, 73 cannot create, 74 I/O,\n"
      "75 try later (queue full, too little space), 76 unknown: a sync failed, enqueue again\n"
      "with the same --key, 77 no permission.\n\n"
      "Examples:\n"
      "  spoolctl enqueue -o user.add --sql 'INSERT INTO users(name) VALUES (?)' --params '[\"Ada\"]'\n"
      "  spoolctl enqueue -o report -p 1 --not-before +30m --key report-2026-01\n"
      "  spoolctl enqueue < entry.json\n"
      "  spoolctl enqueue --jsonl --skip-bad -f entries.jsonl\n"
      "  spoolctl enqueue --bundle -f rows.jsonl");
  return [options](Session& session) { return run(*options, session); };
}

}  // namespace spoold
