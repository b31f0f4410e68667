#include <catch2/catch.hpp>
#include <filesystem>

#include "entry/entry_format.hpp"
#include "entry/entry_name.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr const char* bundle_id = "01767328963000050100";
constexpr const char* first_id = "01767328963000050101";
constexpr const char* second_id = "01767328963000050102";
constexpr const char* third_id = "01767328963000050103";
const std::string bundle_name = "05_01767328963000050100.n3.jsonl";
const std::string second_name = "05_01767328963000050102.a1.json";

std::string line(const std::string& operation) {
  return R"({"operation":")" + operation + "\"}\n";
}

// Line 2 has left it.
std::string two_of_three() {
  return line("rows.add") + "\n" + line("rows.end");
}

spoold::Json json_of(const ProgramResult& result) {
  INFO(result.out << result.err);
  auto json = spoold::parse_json(result.out);
  REQUIRE(json.has_value());
  return std::move(*json);
}

}  // namespace

TEST_CASE("enqueue --bundle makes one file of the lines as they are, and tells the ids") {
  const CliQueue queue;
  const auto result =
      queue.run({"enqueue", "--bundle", "-v"}, line("a") + "\n" + line("b") + R"({"operation":"c"})");
  INFO(result.err);
  REQUIRE(result.exit_status == 0);
  const auto names = queue.names("pending");
  REQUIRE(names.size() == 1);
  const auto name = spoold::parse_entry_name(names.front());
  REQUIRE(name);
  CHECK(name->lines == 3);
  CHECK(queue.read("pending/" + names.front()) == line("a") + line("b") + line("c"));
  CHECK(result.out == spoold::format_id(name->seq + 1) + "\n" + spoold::format_id(name->seq + 2) + "\n" +
                          spoold::format_id(name->seq + 3) + "\n");
  CHECK(result.err == "enqueued 3 entries in bundle " + spoold::format_id(name->seq) + "\n");
}

TEST_CASE("enqueue --bundle makes a bundle for each priority, and another one beyond a limit") {
  const CliQueue queue;
  queue.directory().write("c.yaml", "queue: { directory: q, max_bundle_lines: 2 }\n");
  const std::string lines = line("a") + R"({"operation":"b","priority":1})" + "\n" + line("c") + line("d");
  const auto result = run_spoolctl(
      {"--config", queue.directory() / "c.yaml", "enqueue", "--bundle", "--json"}, {.input = lines});
  const auto told = json_of(result);
  CHECK(told["enqueued"] == 4);
  CHECK(told["bundles"].size() == 3);
  const auto names = queue.names("pending");
  REQUIRE(names.size() == 3);
  CHECK_THAT(names[0], StartsWith("01_") && Contains(".n1."));
  CHECK_THAT(names[1], StartsWith("05_") && Contains(".n2."));
  CHECK_THAT(names[2], StartsWith("05_") && Contains(".n1."));
}

TEST_CASE("one bad line keeps a bundle out, unless it is to be skipped") {
  const CliQueue queue;
  const std::string lines = line("a") + "{\n" + line("b");
  const auto refused = queue.run({"enqueue", "--bundle"}, lines);
  CHECK(refused.exit_status == 65);
  CHECK_THAT(refused.err, Contains("line 2: byte 1") && Contains("nothing is enqueued: 1 line is bad"));
  CHECK(queue.names("pending").empty());
  CHECK(queue.names(".tmp").empty());
  const auto skipped = queue.run({"enqueue", "--bundle", "--skip-bad"}, lines);
  CHECK(skipped.exit_status == 0);
  CHECK_THAT(skipped.out, StartsWith("enqueued 2 entries in bundle ") && Contains(", 1 bad line skipped"));
}

TEST_CASE("a bundle is one row of a list, and counts by its lines") {
  const CliQueue queue;
  queue.put("pending", bundle_name, two_of_three());
  CHECK_THAT(queue.run({"list", "pending"}).out, Contains(bundle_id) && Contains("rows.add x2"));
  const auto row = json_of(queue.run({"list", "pending", "--json"}));
  CHECK(row["id"] == bundle_id);
  CHECK(row["lines"] == 3);
  CHECK(row["operation"] == "rows.add");
  CHECK_FALSE(row.contains("bundle"));
  CHECK(json_of(queue.run({"status", "--json"}))["counts"]["pending"] == 3);
  CHECK_THAT(queue.run({"metrics"}).out, Contains("state=\"pending\"} 3"));
}

TEST_CASE("show tells of a bundle, and of a line which bundle it is in") {
  const CliQueue queue;
  queue.put("completed", bundle_name, two_of_three());
  queue.put("failed", second_name, R"({"operation":"rows.bad","last_error":"no"})");
  CHECK_THAT(queue.run({"show", bundle_id}).out,
             Contains("bundle of   2 entries of 3") && Contains(first_id) && Contains(third_id));
  const auto third = json_of(queue.run({"show", third_id, "--json"}));
  CHECK(third["id"] == third_id);
  CHECK(third["bundle"] == bundle_id);
  CHECK(third["line"] == 3);
  CHECK(third["entry"]["operation"] == "rows.end");
  CHECK_THAT(queue.run({"show", third_id}).out, Contains("this is its line 3"));
  const auto second = json_of(queue.run({"show", second_id, "--json"}));
  CHECK(second["state"] == "failed");
  CHECK_FALSE(second.contains("line"));
  CHECK(queue.run({"show", "01767328963000050104"}).exit_status == 1);
}

TEST_CASE("a waiting bundle is cancelled and retried as a whole, a line of it is not") {
  const CliQueue queue;
  queue.put("pending", bundle_name, line("a") + line("b") + line("c"));
  const auto refused = queue.run({"cancel", second_id});
  CHECK(refused.exit_status == 1);
  CHECK_THAT(refused.err, Contains("it is line 2 of bundle " + std::string(bundle_id) +
                                   ", which is pending: cancel the bundle as a whole"));
  CHECK(queue.run({"cancel", bundle_id}).out == "cancelled 3 entries\n");
  CHECK(queue.names("cancelled") == std::vector<std::string>{bundle_name});
  const auto not_alone = queue.run({"retry", second_id});
  CHECK(not_alone.exit_status == 1);
  CHECK_THAT(not_alone.err, Contains("retry the bundle as a whole"));
  CHECK(queue.run({"retry", bundle_id}).out == "put back 3 entries\n");
  CHECK(queue.names("pending") == std::vector<std::string>{bundle_name});
}

TEST_CASE("a bundle that runs is not cancelled, and it is said why") {
  const CliQueue queue;
  queue.put("processing", "05_01767328963000050100.n1.a1.jsonl", line("a"));
  const auto refused = queue.run({"cancel", bundle_id});
  CHECK(refused.exit_status == 1);
  CHECK_THAT(refused.err, Contains("it is a bundle that is processing"));
}

TEST_CASE("a line of a bundle that no daemon runs is not cancelled") {
  const CliQueue queue;
  queue.put("processing", bundle_name, line("a") + line("b") + line("c"));
  const auto refused = queue.run({"cancel", second_id});
  CHECK(refused.exit_status == 1);
  CHECK_THAT(refused.err, Contains("it is line 2 of bundle " + std::string(bundle_id) +
                                   ", which is processing: what has left it"));
}

TEST_CASE("explain says of a line what its bundle waits for") {
  const CliQueue queue;
  queue.put("pending", bundle_name, line("a") + line("b") + line("c"));
  const auto told = queue.run({"explain", second_id});
  CHECK(told.exit_status == 0);
  CHECK_THAT(told.out, StartsWith(std::string(second_id) + " (line 2 of bundle " + bundle_id +
                                  ", which is pending): "));
}

TEST_CASE("wait takes lines and bundles, and a bundle is not done well if a line of it is not") {
  const CliQueue queue;
  queue.put("completed", bundle_name, two_of_three());
  queue.put("failed", second_name, R"({"operation":"rows.bad","last_error":"no"})");
  CHECK(queue.run({"wait", "-q", first_id, third_id}).exit_status == 0);
  const auto line_result = queue.run({"wait", "-q", second_id});
  CHECK(line_result.exit_status == 1);
  CHECK_THAT(line_result.err, Contains("is failed: no"));
  const auto result = queue.run({"wait", "-q", bundle_id});
  CHECK(result.exit_status == 1);
  CHECK_THAT(result.err, Contains("but 1 entry of it were not"));
  queue.move("failed/" + second_name, "completed/" + second_name);
  CHECK(queue.run({"wait", "-q", bundle_id}).exit_status == 0);
  queue.move("completed/" + second_name, "pending/" + second_name);
  CHECK(queue.run({"wait", "-q", "--timeout", "50ms", bundle_id}).exit_status == 75);
}

TEST_CASE("export tells each line as the entry it is, from completed/ and from the archive") {
  const CliQueue queue;
  queue.put("completed", bundle_name, two_of_three());
  queue.put("completed", second_name, line("rows.late"));
  const std::string expected = std::string(R"({"id":")") + first_id + R"(","operation":"rows.add"})" + "\n" +
                               R"({"id":")" + third_id + R"(","operation":"rows.end"})" + "\n" +
                               R"({"id":")" + second_id + R"(","operation":"rows.late"})" + "\n";
  CHECK(queue.run({"export", "--fields", "id,operation"}).out == expected);
  queue.directory().write(
      "c.yaml", "queue: { directory: q }\nretention: { completed: { age: 0s, count: 1, bytes: 0B } }\n");
  const auto cleaned = run_spoolctl({"--config", queue.directory() / "c.yaml", "cleanup"}, {});
  INFO(cleaned.out << cleaned.err);
  CHECK(cleaned.exit_status == 0);
  CHECK_FALSE(queue.has("completed/" + bundle_name));
  const auto from_archive = queue.run({"export", "--fields", "id"});
  for (const char* id : {first_id, second_id, third_id}) CHECK_THAT(from_archive.out, Contains(id));
  CHECK(std::count(from_archive.out.begin(), from_archive.out.end(), '\n') == 3);
}

TEST_CASE("verify finds a line that is in its bundle and an entry of its own as well") {
  const CliQueue queue;
  queue.put("pending", bundle_name, two_of_three());
  queue.put("failed", second_name, R"({"operation":"rows.bad"})");
  CHECK(queue.run({"verify"}).exit_status == 0);
  queue.put("failed", "05_01767328963000050103.a1.json", R"({"operation":"rows.end"})");
  const auto found = queue.run({"verify"});
  CHECK(found.exit_status == 1);
  CHECK_THAT(found.out, Contains("duplicate") && Contains("its line 3 is also an entry of its own"));
}

TEST_CASE(
    "verify --repair leaves lines that are entries of their own out of their bundle, and keeps the rest") {
  const CliQueue queue;
  queue.put("cancelled", bundle_name, line("a") + line("b") + line("c"));
  queue.put("failed", second_name, R"({"operation":"b"})");
  queue.put("failed", "05_01767328963000050103.json", R"({"operation":"c"})");
  const auto found = queue.run({"verify"});
  CHECK_THAT(found.out, Contains("its line 2 and 1 more are also an entry of its own"));
  const auto mended = queue.run({"verify", "--repair"});
  INFO(mended.out << mended.err);
  CHECK(mended.exit_status == 0);
  CHECK(queue.read("cancelled/" + bundle_name) == line("a") + "\n\n");
  CHECK(queue.names("failed").size() == 2);
  CHECK(queue.names("corrupt").empty());
  CHECK(queue.names(".tmp").empty());
  CHECK(queue.run({"verify"}).exit_status == 0);
}

TEST_CASE("export tells the lines of a bundle of which the last one is in the archive already") {
  const CliQueue queue;
  const std::string third_name = "05_01767328963000050103.a1.json";
  queue.put("completed", third_name, line("c"));
  REQUIRE(queue.run({"cleanup", "--archive", "--hours", "0"}).exit_status == 0);
  queue.put("completed", bundle_name, line("a") + line("b") + "\n");
  REQUIRE(queue.names("completed") == std::vector<std::string>{bundle_name});
  const auto told = queue.run({"export", "--fields", "id"});
  for (const char* id : {first_id, second_id, third_id}) CHECK_THAT(told.out, Contains(id));
  CHECK(std::count(told.out.begin(), told.out.end(), '\n') == 3);
}

TEST_CASE("cleanup counts the entries of a bundle, dry or not") {
  const CliQueue queue;
  queue.put("completed", bundle_name, line("a") + line("b") + line("c"));
  queue.put("failed", "05_01767328963000060100.n2.jsonl", line("a") + line("b"));
  const std::vector<std::string> cleanup{"cleanup", "--trust-clock", "--hours", "0", "--json"};
  auto dry = cleanup;
  dry.emplace_back("--dry-run");
  const auto would = queue.run(dry);
  CHECK_THAT(would.out, Contains(R"("archived":3,)") && Contains(R"("failed":2,)"));
  const auto done = json_of(queue.run(cleanup));
  CHECK(done["archived"] == 3);
  CHECK(done["removed"]["failed"] == 2);
  queue.put("processing", bundle_name, line("a") + line("b") + line("c"));
  CHECK_THAT(queue.run({"cleanup", "--recover", "--dry-run"}).out,
             Contains("would have recovered 3 entries"));
  CHECK_THAT(queue.run({"cleanup", "--recover"}).out, Contains("recovered 3 entries of processing/"));
}

TEST_CASE("a bundle that was done is not lost when it is archived before what has left it is over") {
  const CliQueue queue;
  queue.put("completed", bundle_name, two_of_three());
  queue.put("deferred", "9767328963000_05_01767328963000050102.a1.json", line("b"));
  Program wait(queue.command({"wait", "--timeout", "2s", bundle_id}));
  wait.wait_for_output("waiting for one to start");
  std::filesystem::remove(queue.path() + "/completed/" + bundle_name);
  queue.put("pending", "05_01767328963000090000.json", line("news"));
  const auto result = wait.wait();
  CHECK(result.exit_status == 75);
  CHECK_THAT(result.err, !Contains("is gone"));
}

#ifdef FAULTS_LIBRARY
TEST_CASE("a sync that fails after a bundle was enqueued does not advise to do lines without a key twice") {
  const CliQueue queue;
  const auto result =
      run_spoolctl({"--queue", queue.path(), "enqueue", "--bundle"},
                   {.input = line("a") + line("b"),
                    .environment = {{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT", "sync_directory"}}});
  CHECK(result.exit_status == 76);
  const auto names = queue.names("pending");
  REQUIRE(names.size() == 1);
  const std::string id = spoold::format_id(spoold::parse_entry_name(names.front())->seq);
  CHECK_THAT(result.err, Contains("bundle " + id + " with 2 entries is in ") &&
                             Contains("only if every line has a key of its own") && !Contains("same key"));
}
#endif
