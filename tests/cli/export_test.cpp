#include <catch2/catch.hpp>

#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;

namespace {

// 2026-01-02T04:42:43Z and a second later.
constexpr const char* first = "05_01767328963000000000.a1.json";
constexpr const char* second = "05_01767328964000000000.a1.json";

class Done {
 public:
  CliQueue queue;
  Done() {
    queue.put("completed", second, R"({"operation":"note"})");
    queue.put("completed", first,
              R"({"operation":"chat.ask","body":{"prompt":"hi","a.b":[1,2]},"result":{"body":"ho"}})");
    queue.set_modified("completed/" + std::string(first), 1767328970);
    queue.set_modified("completed/" + std::string(second), 1767328971);
    queue.put("failed", "05_01767328965000000000.a1.json", R"({"operation":"note","last_error":"no"})");
  }
};

}  // namespace

TEST_CASE("export prints what is completed, the oldest first") {
  const Done done;
  const auto result = done.queue.run({"export"});
  CHECK(result.exit_status == 0);
  CHECK(
      result.out ==
      "{\"id\":\"01767328963000000000\",\"state\":\"completed\",\"enqueued_at\":\"2026-01-02T04:42:43.000Z\","
      "\"entry\":{\"operation\":\"chat.ask\",\"body\":{\"prompt\":\"hi\",\"a.b\":[1,2]},\"result\":{\"body\":"
      "\"ho\"}}}\n"
      "{\"id\":\"01767328964000000000\",\"state\":\"completed\",\"enqueued_at\":\"2026-01-02T04:42:44.000Z\","
      "\"entry\":{\"operation\":\"note\"}}\n");
}

TEST_CASE("export prints the fields asked for, under the names they were asked by") {
  const Done done;
  const auto result = done.queue.run({"export", "--operation", "chat.*", "--fields",
                                      "id,operation,body.prompt,/body/a.b/1,result.body,nothing"});
  CHECK(
      result.out ==
      "{\"id\":\"01767328963000000000\",\"operation\":\"chat.ask\",\"body.prompt\":\"hi\",\"/body/a.b/1\":2,"
      "\"result.body\":\"ho\",\"nothing\":null}\n");
}

TEST_CASE("export can leave out what lacks a field") {
  const Done done;
  CHECK(done.queue.run({"export", "--fields", "result.body", "--skip-incomplete"}).out ==
        "{\"result.body\":\"ho\"}\n");
}

TEST_CASE("export finds what was archived, and each entry once") {
  const Done done;
  REQUIRE(done.queue.run({"cleanup", "--archive", "--hours", "0"}).exit_status == 0);
  REQUIRE(done.queue.names("completed").empty());
  done.queue.put("completed", second, R"({"operation":"note"})");  // as a crash might leave it
  CHECK(done.queue.run({"export", "--fields", "id"}).out ==
        "{\"id\":\"01767328963000000000\"}\n{\"id\":\"01767328964000000000\"}\n");
  CHECK(done.queue.run({"export", "--no-archive", "--fields", "id"}).out ==
        "{\"id\":\"01767328964000000000\"}\n");
}

TEST_CASE("export goes by the time of enqueueing") {
  const Done done;
  CHECK(done.queue.run({"export", "--since", "2026-01-02T04:42:44Z", "--fields", "operation"}).out ==
        "{\"operation\":\"note\"}\n");
  CHECK(done.queue.run({"export", "--until", "2026-01-02T04:42:44Z", "--fields", "operation"}).out ==
        "{\"operation\":\"chat.ask\"}\n");
  CHECK(done.queue.run({"export", "--since", "1h"}).out.empty());
}

TEST_CASE("export of what failed") {
  const Done done;
  CHECK(done.queue.run({"export", "failed", "--fields", "state,last_error"}).out ==
        "{\"state\":\"failed\",\"last_error\":\"no\"}\n");
}

TEST_CASE("export tells a file that is no entry, and goes on") {
  const Done done;
  done.queue.put("completed", "05_01767328963500000000.json", "{");
  const auto result = done.queue.run({"export", "--fields", "id"});
  CHECK(result.exit_status == 0);
  CHECK_THAT(result.err, Contains("05_01767328963500000000.json: no entry: "));
  CHECK(result.out == "{\"id\":\"01767328963000000000\"}\n{\"id\":\"01767328964000000000\"}\n");
}

TEST_CASE("what export cannot mean is refused, with 64") {
  const Done done;
  CHECK_THAT(done.queue.run({"export", "pending"}).err,
             Contains("there are completed, failed and cancelled"));
  CHECK_THAT(done.queue.run({"export", "--since", "soon"}).err,
             Contains("'soon' is no time; expected RFC 3339"));
  CHECK_THAT(done.queue.run({"export", "--fields", "a,,b"}).err, Contains("names an empty field"));
  CHECK_THAT(done.queue.run({"export", "--fields", "/a~b"}).err, Contains("is no JSON pointer"));
  for (const char* wrong : {"pending", "--since=soon", "--fields=a,,b", "--nope"}) {
    CHECK(done.queue.run({"export", wrong}).exit_status == 64);
  }
  const TempDirectory directory;
  CHECK(run_spoolctl({"--queue", directory / "q", "export"}).exit_status == 66);
}

TEST_CASE("metrics are OpenMetrics text") {
  const Done done;
  done.queue.directory().write("q/.direct", "00000000000000000003\n");
  const auto result = done.queue.run({"metrics"});
  CHECK(result.exit_status == 0);
  const std::string label = "{queue=\"" + done.queue.path() + "\"";
  CHECK_THAT(
      result.out,
      Contains("# TYPE spoold_entries gauge\n# HELP spoold_entries Entries in each state's directory.\n" +
               std::string("spoold_entries") + label + ",state=\"pending\"} 0\n") &&
          Contains("spoold_entries" + label + ",state=\"completed\"} 2\n") &&
          Contains("spoold_entries" + label + ",state=\"failed\"} 1\n") &&
          Contains("spoold_up" + label + "} 0\n") &&
          Contains("spoold_direct_writes_total" + label + "} 3\n") && Catch::EndsWith("\n# EOF\n"));
  const TempDirectory directory;
  CHECK(run_spoolctl({"--queue", directory / "q", "metrics"}).exit_status == 66);
}
