#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <regex>
#include <sstream>

#include "entry/json.hpp"
#include "queue_fixture.hpp"

using namespace spoold::test;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

namespace {

constexpr const char* enter_screen = "\x1b[?1049h\x1b[?25l";
constexpr const char* leave_screen = "\x1b[?25h\x1b[?1049l";

// A queue with a bit of everything, its daemon down.
class ViewedQueue : public CliQueue {
 public:
  ViewedQueue() {
    put("pending", "05_01767328963000000001.json", R"({"operation":"update_checkpoint"})");
    put("pending", "01_01767328963000000002.json",
        R"({"operation":"an.operation.with.a.rather.long.name.that.goes.on.and.on.and.on","priority":1})");
    put("deferred", "1767329963000_05_01767328963000000004.a1.json",
        R"({"operation":"chat.ask","last_error":"HTTP 503 and a reason that does not fit into a line of eighty"})");
    put("failed", "05_01767328963000000006.a4.json",
        R"({"operation":"user.add","last_error":"UNIQUE constraint failed: users.name"})");
    directory().write(
        "q/stats.json",
        R"({"state":"running","watcher":"inotify","updated_at":"2026-01-02T04:42:43.000Z","totals":{"completed":10421,)"
        R"("failed":3,"retried":12},"lanes":[{"name":"main","type":"sqlite","state":"available","running":1,)"
        R"("waiting":3,"concurrency":1},{"name":"llama","type":"http","state":"unavailable",)"
        R"("reason":"llama.example.org: connection refused, and a lot more that is to be wrapped into lines",)"
        R"("since":"2026-01-02T04:40:43.000Z","running":0,"waiting":2,"concurrency":3,"rate":"2/min"}]})");
    directory().write(
        "q/paused.json",
        R"({"lanes":{"main":{"by":"ada","since":"2026-01-02T04:42:43.000Z","reason":"it moves"}}})");
  }
};

std::size_t columns_of(const std::string& line) {
  std::size_t columns = 0;
  for (const char byte : line) {
    if ((static_cast<unsigned char>(byte) & 0xC0U) != 0x80U) ++columns;
  }
  return columns;
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

// What the last frame shows.
std::vector<std::string> last_screen(const std::string& output) {
  const auto frame = output.substr(output.rfind("\x1b[H") + 3);
  return split_lines(std::regex_replace(frame, std::regex("\x1b\\[[?0-9]*[a-zA-Z]"), ""));
}

void check_width(const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    CAPTURE(line);
    // The path of a test's queue is as long as it is.
    if (!StartsWith("queue ").match(line)) CHECK(columns_of(line) <= 80);
  }
}

}  // namespace

TEST_CASE("every view fits the 80 columns of a terminal") {
  const ViewedQueue queue;
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"status"}, {"list"}, {"list", "pending"}, {"errors"}, {"shape"}}) {
    const auto shown = queue.run_on_terminal(verb);
    CHECK(shown.exit_status == 0);
    CHECK(split_lines(shown.out).size() >= 2);
    check_width(split_lines(shown.out));
  }
}

TEST_CASE("status --watch draws on a screen of its own, and gives the terminal back when q is typed") {
  const ViewedQueue queue;
  const auto shown = queue.run_on_terminal({"status", "--watch"}, "xyq");
  CHECK(shown.exit_status == 0);
  CHECK_THAT(shown.out, StartsWith(enter_screen) && EndsWith(leave_screen));
  const auto screen = last_screen(shown.out);
  check_width(screen);
  CHECK(screen.size() <= 24);
  const auto has = [&](const std::string& beginning) {
    return std::any_of(screen.begin(), screen.end(),
                       [&](const auto& line) { return line.starts_with(beginning); });
  };
  CHECK(has("queue "));
  CHECK(has("paused      lane main by ada"));
  CHECK(has("pending             2"));
  CHECK(has("processed         0/s"));
  CHECK(has("LANE "));
  CHECK(has("llama"));
}

TEST_CASE("status --watch is drawn anew as time goes on and the window changes, each frame in place") {
  const ViewedQueue queue;
  ProgramOptions options;
  options.terminal = true;
  options.environment = {{"TERM", "dumb"}};
  Program watch(queue.command({"status", "--watch", "--interval", "100ms"}), options);
  watch.wait_for_output("pending             2");
  queue.put("pending", "05_01767328963000000009.json", R"({"operation":"x"})");
  watch.wait_for_output("pending             3");
  watch.send_signal(SIGWINCH);
  queue.put("pending", "05_01767328963000000010.json", R"({"operation":"x"})");
  watch.wait_for_output("pending             4");
  watch.send_signal(SIGINT);
  const auto shown = watch.wait();
  CHECK(shown.exit_status == 0);
  CHECK_THAT(shown.out, EndsWith(leave_screen));
  // The screen is cleared once, at the beginning: a frame is drawn over the one before.
  CHECK(shown.out.find("\x1b[2J", shown.out.find("\x1b[2J") + 1) == std::string::npos);
}

TEST_CASE("status --watch wants a terminal, and says so when its queue goes away") {
  const ViewedQueue queue;
  const auto piped = queue.run({"status", "--watch"});
  CHECK(piped.exit_status == 64);
  CHECK(piped.err == "spoolctl: --watch: this needs a terminal\n");
  CHECK(queue.run({"status", "--watch", "--interval", "1ms"}).exit_status == 64);
  CHECK(queue.run({"status", "--interval", "1s"}).exit_status == 64);

  ProgramOptions options;
  options.terminal = true;
  options.environment = {{"TERM", "dumb"}};
  Program watch(queue.command({"status", "--watch", "--interval", "100ms"}), options);
  watch.wait_for_output("pending             2");
  std::rename(queue.path().c_str(), (queue.path() + ".away").c_str());
  const auto shown = watch.wait();
  CHECK(shown.exit_status == 66);
  CHECK_THAT(shown.out, Contains(std::string(leave_screen) + "spoolctl: the queue at "));
}

TEST_CASE("the views in the documentation look as they do, and fit 80 columns") {
  const ViewedQueue queue;
  std::ifstream file{std::string(SPOOLD_SOURCE_DIRECTORY) + "/docs/spoolctl.md"};
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(document.size() > 1000);
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"status"}, {"list"}, {"shape"}}) {
    for (const auto& line : split_lines(queue.run_on_terminal(verb).out)) {
      const bool is_head =
          line.starts_with("LANE ") || line.starts_with("STATE ") || line.starts_with("OPERATION ");
      if (is_head) CHECK_THAT(document, Contains("\n" + line + "\n"));
    }
  }
  bool in_view = false;
  bool of_spoolctl = false;
  for (const auto& line : split_lines(document)) {
    if (line.starts_with("```")) {
      in_view = !in_view;
      of_spoolctl = false;
      continue;
    }
    if (in_view && line.starts_with("$ ")) {
      const std::regex view{"\\$ spoolctl (status|list|shape)( --watch)?.*"};
      of_spoolctl = std::regex_match(line, view);
    }
    CAPTURE(line);
    if (in_view && of_spoolctl) CHECK(columns_of(line) <= 80);
  }
}
