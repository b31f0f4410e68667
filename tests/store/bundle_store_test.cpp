#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>

#include "support/bundles.hpp"
#include "support/temp_queue.hpp"

namespace spoold {

namespace {

using Names = std::vector<std::string>;
using Calls = std::vector<std::string>;
using test::bundle_text;
using test::enqueue_bundle;
using test::TempQueue;

const std::string good = R"({"operation":"greet","sql":"SELECT 1"})";

Bundle claim(TempQueue& queue, const std::string& file_name) {
  auto result = queue.store().bundles().claim(file_name);
  REQUIRE(result);
  REQUIRE(std::holds_alternative<Bundle>(*result));
  return std::get<Bundle>(std::move(*result));
}

std::string reason_of(TempQueue& queue, const std::string& file_name) {
  const auto result = queue.store().bundles().claim(file_name);
  REQUIRE(result);
  REQUIRE(std::holds_alternative<Condemned>(*result));
  CHECK(queue.names(State::pending).empty());
  CHECK(queue.names(State::processing).empty());
  return std::get<Condemned>(*result).reason;
}

bool is_unsettled(TempQueue& queue, const std::string& file_name) {
  const auto result = queue.store().bundles().claim(file_name);
  REQUIRE(result);
  return std::holds_alternative<Unsettled>(*result) && queue.names(State::pending) == Names{file_name};
}

SplitOut split(const Bundle& bundle, std::uint32_t line, State to) {
  SplitOut out;
  out.line = line;
  out.to = to;
  out.name = line_name(bundle.name, line);
  out.bytes = good + "\n";
  return out;
}

}  // namespace

TEST_CASE("a bundle is enqueued by one file, one rename and one sync, and owns a number for each line") {
  TempQueue queue;
  queue.files().heal();
  const EntryName name = enqueue_bundle(queue, {good, good, good}, 3);
  CHECK(queue.files().calls() == Calls{"write_new", "rename_new", "sync_directory"});
  CHECK(name.priority == 3);
  CHECK(name.lines == 3);
  CHECK(queue.names(State::pending) == Names{format_entry_name(name)});
  CHECK(queue.sequence().next() > name.last_seq());
}

TEST_CASE("a taken name costs a bundle no more than other numbers") {
  TempQueue queue;
  auto staged = queue.producer().stage_bundle(good + "\n", 1, 5);
  REQUIRE(staged);
  queue.drop(staged->file_name, good);
  std::vector<Producer::StagedBundle> all{*staged};
  std::size_t shown = 0;
  REQUIRE(queue.producer().publish_bundles(all, shown));
  CHECK(shown == 1);
  CHECK(all.front().name.seq > staged->name.seq + 1);
  CHECK(queue.names(State::pending).size() == 2);
  CHECK(queue.staged().empty());
}

TEST_CASE("a bundle counts by its lines against the most that may wait") {
  ProducerOptions options = TempQueue::quick();
  options.pending_max = 4;
  TempQueue queue{{}, options};
  enqueue_bundle(queue, {good, good, good});
  CHECK(queue.producer().check_room(1, 1));
  const auto refused = queue.producer().check_room(2, 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::busy);
}

TEST_CASE("a claim of a bundle costs one rename and one read, its ack one rename") {
  TempQueue queue;
  const EntryName name = enqueue_bundle(queue, {good, good});
  queue.files().heal();
  const Bundle bundle = claim(queue, format_entry_name(name));
  CHECK(queue.files().calls() == Calls{"rename_new", "read"});
  CHECK(bundle.name.attempts == 1);
  CHECK(bundle.text == bundle_text({good, good}));
  CHECK_FALSE(bundle.adopted);
  queue.files().heal();
  REQUIRE(queue.store().bundles().ack(bundle));
  CHECK(queue.files().calls() == Calls{"rename_new"});
  CHECK(queue.names(State::completed) == Names{bundle.file_name});
}

TEST_CASE("a bundle that is given back counts no attempt") {
  TempQueue queue;
  const EntryName name = enqueue_bundle(queue, {good});
  const Bundle bundle = claim(queue, format_entry_name(name));
  REQUIRE(queue.store().bundles().release(bundle));
  CHECK(queue.names(State::pending) == Names{format_entry_name(name)});
}

TEST_CASE("a bundle with another number of lines than its name says is not whole") {
  TempQueue queue;
  queue.drop("05_00000000000000000042.n3.jsonl", bundle_text({good, good}));
  CHECK_THAT(reason_of(queue, "05_00000000000000000042.n3.jsonl"),
             Catch::StartsWith("it has 2 lines, but its name says 3"));
  queue.drop("05_00000000000000000050.n3.jsonl", bundle_text({good, good}), std::chrono::nanoseconds{0});
  const auto dropped =
      queue.files().status(queue.layout().directory(State::pending), "05_00000000000000000050.n3.jsonl");
  REQUIRE(dropped);
  queue.clock().set_wall(dropped->modified + std::chrono::milliseconds{1});
  const auto young = queue.store().bundles().claim("05_00000000000000000050.n3.jsonl");
  REQUIRE(young);
  CHECK(std::holds_alternative<Unsettled>(*young));
  CHECK(queue.names(State::pending) == Names{"05_00000000000000000050.n3.jsonl"});
}

TEST_CASE("a foreign bundle that somebody has open for writing is left alone while it is young") {
  TempQueue queue;
  test::FaultFileSystem& files = queue.files();
  const Directory pending = queue.layout().directory(State::pending);
  const int fd = ::open(queue.path_of(State::pending, "rows.jsonl").c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(fd >= 0);
  const std::string text = bundle_text({good, good});
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  queue.clock().set_wall(files.status(pending, "rows.jsonl")->modified + std::chrono::milliseconds{1});
  const auto looked = queue.store().bundles().look_at_foreign("rows.jsonl");
  REQUIRE(looked);
  CHECK(std::holds_alternative<Unsettled>(*looked));
  CHECK(is_unsettled(queue, "rows.jsonl"));
  queue.clock().advance(std::chrono::seconds{2});
  CHECK(std::holds_alternative<ForeignEntry>(*queue.store().bundles().look_at_foreign("rows.jsonl")));
  queue.clock().advance(std::chrono::seconds{-2});
  ::close(fd);
  CHECK(claim(queue, "rows.jsonl").name.lines == 2);
}

TEST_CASE("where nobody can tell who writes, a young foreign bundle is taken once it was renamed") {
  TempQueue queue;
  test::FaultFileSystem& files = queue.files();
  const Directory pending = queue.layout().directory(State::pending);
  REQUIRE(files.write_new(pending, "rows.jsonl", good + "\n", 0600, Durability::unsynced));
  const auto status = [&] { return *files.status(pending, "rows.jsonl"); };
  queue.clock().set_wall(status().modified + std::chrono::milliseconds{1});
  files.fail("is_open_for_writing", 1, EACCES, test::FaultFileSystem::Times::onwards);
  CHECK(is_unsettled(queue, "rows.jsonl"));
  while (status().changed == status().modified) {
    REQUIRE(files.rename_new(pending, "rows.jsonl", queue.layout().staging(), "rows.jsonl"));
    REQUIRE(files.rename_new(queue.layout().staging(), "rows.jsonl", pending, "rows.jsonl"));
  }
  CHECK(claim(queue, "rows.jsonl").name.lines == 1);
}

TEST_CASE(
    "a submitted bundle that is written to after its claim goes to corrupt/, and what was claimed stays") {
  TempQueue queue;
  queue.drop("rows.jsonl", bundle_text({good, good}));
  Bundle bundle = claim(queue, "rows.jsonl");
  std::ofstream{queue.path_of(State::processing, bundle.file_name), std::ios::app} << good << '\n';
  const auto aside = queue.store().bundles().set_aside_if_written_to(bundle);
  REQUIRE(aside);
  REQUIRE(*aside);
  CHECK((*aside)->reason ==
        "it was written to after it was claimed: its first 2 lines were taken as bundle " +
            format_id(bundle.name.seq) + ", what follows them was not; write aside and rename");
  CHECK(queue.read(State::corrupt, (*aside)->file_name) == bundle_text({good, good, good}));
  CHECK(queue.read(State::processing, bundle.file_name) == bundle_text({good, good}));
  const auto again = queue.store().bundles().set_aside_if_written_to(bundle);
  REQUIRE(again);
  CHECK_FALSE(*again);
}

TEST_CASE("a submitted bundle that nobody wrote to costs one look before it is settled, one of ours none") {
  TempQueue queue;
  queue.drop("rows.jsonl", bundle_text({good}));
  Bundle submitted = claim(queue, "rows.jsonl");
  Bundle ours = claim(queue, format_entry_name(enqueue_bundle(queue, {good})));
  queue.files().heal();
  CHECK_FALSE(*queue.store().bundles().set_aside_if_written_to(submitted));
  CHECK_FALSE(*queue.store().bundles().set_aside_if_written_to(ours));
  CHECK(queue.files().calls() == Calls{"status"});
}

TEST_CASE("what is no bundle is condemned with its reason") {
  StoreOptions options;
  options.bundle_lines_max = 3;
  options.bundle_bytes_max = 1000;
  TempQueue queue{options};
  queue.drop("empty.jsonl", "");
  CHECK(reason_of(queue, "empty.jsonl") == "a bundle without an entry: every line is empty");
  queue.drop("long.jsonl", bundle_text({good, good, good, good}));
  CHECK(reason_of(queue, "long.jsonl") ==
        "it has 4 lines, the limit is 3 (queue.max_bundle_lines): split it");
  queue.drop("large.jsonl", std::string(1001, 'x'));
  CHECK(reason_of(queue, "large.jsonl") ==
        "large.jsonl has 1001 bytes, the limit is 1000 for a bundle (queue.max_bundle_bytes)");
  REQUIRE(::symlink("/etc/passwd", queue.path_of(State::pending, "link.jsonl").c_str()) == 0);
  CHECK(reason_of(queue, "link.jsonl") == "it is a symbolic link, no regular file");
}

TEST_CASE("a bundle that others could change is replaced by a copy before it runs") {
  TempQueue queue;
  ::chmod((queue.path() + "/pending").c_str(), 02770);
  queue.reopen();
  queue.drop("rows.jsonl", bundle_text({good, "", "no entry"}));
  ::chmod(queue.path_of(State::pending, "rows.jsonl").c_str(), 0660);
  const Bundle bundle = claim(queue, "rows.jsonl");
  CHECK(bundle.adopted);
  CHECK(measure_bundle(bundle.text).lines == 3);
  CHECK(find_bundle_line(bundle.text, 3) == "no entry");
  CHECK(test::entry_of(std::string(*find_bundle_line(bundle.text, 1))).document["submitter_uid"] ==
        ::geteuid());
  CHECK(queue.read(State::processing, bundle.file_name) == bundle.text);
}

TEST_CASE("lines leave a bundle in an order that no crash can make them twos of") {
  TempQueue queue;
  const EntryName name = enqueue_bundle(queue, {good, good, good});
  Bundle bundle = claim(queue, format_entry_name(name));
  std::vector<SplitOut> splits;
  splits.push_back(split(bundle, 2, State::failed));
  splits.push_back(split(bundle, 3, State::pending));
  queue.files().heal();
  REQUIRE(queue.store().bundles().split_out(bundle, splits));
  CHECK(queue.files().calls() == Calls{"write_new", "write_new", "status", "sync_directory", "rename_new",
                                       "rename_new", "sync_directory", "sync_directory", "status",
                                       "write_new", "rename_over", "sync_directory"});
  CHECK(bundle.text == good + "\n\n\n");
  CHECK(queue.read(State::processing, bundle.file_name) == bundle.text);
  CHECK(queue.names(State::failed) == Names{format_entry_name(line_name(bundle.name, 2))});
  CHECK(queue.audit().empty());
}

TEST_CASE("recovery takes from a bundle the lines that have left it, wherever they are by now") {
  for (const State state :
       {State::pending, State::deferred, State::completed, State::failed, State::cancelled}) {
    TempQueue queue;
    const EntryName name = enqueue_bundle(queue, {good, good, good});
    const Bundle bundle = claim(queue, format_entry_name(name));
    EntryName left = line_name(bundle.name, 2);
    if (state == State::deferred) left.due_ms = 1;
    queue.drop(format_entry_name(left), good, std::chrono::hours{1}, state);
    queue.reopen();
    const auto report = queue.recover();
    REQUIRE(report.returned.size() == 1);
    const auto returned = parse_entry_name(report.returned.front());
    REQUIRE(returned);
    CHECK(returned->crashes == 1);
    CHECK(returned->lines == 3);
    CHECK(queue.read(State::pending, report.returned.front()) == good + "\n\n" + good + "\n");
  }
}

TEST_CASE("a bundle whose lines have all left it is claimed and acked after a crash") {
  TempQueue queue;
  const EntryName name = enqueue_bundle(queue, {good});
  const Bundle bundle = claim(queue, format_entry_name(name));
  queue.drop(format_entry_name(line_name(bundle.name, 1)), good, std::chrono::hours{1}, State::failed);
  queue.reopen();
  const auto report = queue.recover();
  REQUIRE(report.returned.size() == 1);
  CHECK(claim(queue, report.returned.front()).text == "\n");
}

TEST_CASE("a bundle that crashed the worker although it was taken apart goes to failed/ as it is") {
  TempQueue queue;
  queue.drop("05_00000000000000000042.n1.a3.c2.jsonl", good + "\n", std::chrono::hours{1}, State::processing);
  CHECK(queue.recover().returned == Names{"05_00000000000000000042.n1.a3.c3.jsonl"});
  queue.drop("05_00000000000000000050.n1.a4.c3.jsonl", good + "\n", std::chrono::hours{1}, State::processing);
  CHECK(queue.recover().failed == Names{"05_00000000000000000050.n1.a4.c4.jsonl"});
}

}  // namespace spoold
