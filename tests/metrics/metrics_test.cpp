#include <catch2/catch.hpp>

#include "metrics/open_metrics.hpp"
#include "metrics/queue_metrics.hpp"

using namespace spoold;
using Catch::Contains;

namespace {

// The samples of one family.
std::string family(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find("# TYPE " + name + " ");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find("# TYPE ", begin + 1) - begin);
}

}  // namespace

TEST_CASE("a family says its type, unit and help, and its samples carry all labels") {
  OpenMetricsText out{OpenMetricsText::Labels{{"queue", "/q"}}};
  out.family("a_bytes", "gauge", "bytes", "What it is.");
  out.sample({{"state", "x"}}, std::uint64_t{7});
  out.family("b", "counter", "", "Else.");
  out.sample({}, std::uint64_t{0});
  CHECK(std::move(out).finish() ==
        "# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n# HELP a_bytes What it is.\n"
        "a_bytes{queue=\"/q\",state=\"x\"} 7\n"
        "# TYPE b counter\n# HELP b Else.\nb_total{queue=\"/q\"} 0\n# EOF\n");
}

TEST_CASE("quotes, backslashes and newlines in labels are escaped") {
  OpenMetricsText out{OpenMetricsText::Labels{{"queue", "a\"b\\c\nd"}}};
  out.family("a", "gauge", "", "");
  out.sample({}, 1.5);
  CHECK_THAT(std::move(out).finish(), Contains("a{queue=\"a\\\"b\\\\c\\nd\"} 1.500\n"));
}

TEST_CASE("a stateset has one sample for each state, named like the family") {
  QueueSnapshot snapshot;
  snapshot.queue = "/q";
  snapshot.pressure = measure_pressure({}, 30);
  CHECK(family(format_metrics(snapshot), "spoold_pressure") ==
        "# TYPE spoold_pressure stateset\n# HELP spoold_pressure How hungry the queue is for work.\n"
        "spoold_pressure{queue=\"/q\",spoold_pressure=\"STARVING\"} 0\n"
        "spoold_pressure{queue=\"/q\",spoold_pressure=\"LOW\"} 0\n"
        "spoold_pressure{queue=\"/q\",spoold_pressure=\"BALANCED\"} 0\n"
        "spoold_pressure{queue=\"/q\",spoold_pressure=\"HIGH\"} 1\n"
        "spoold_pressure{queue=\"/q\",spoold_pressure=\"OVERFLOW\"} 0\n");
}

TEST_CASE("totals and lanes come from the daemon's report") {
  QueueSnapshot snapshot;
  snapshot.queue = "/q";
  snapshot.stats = *parse_json(
      R"({"started_at":"2026-01-02T00:00:00.500Z","totals":{"completed":301,"failed":2},
          "storage":{"reason":"full"},
          "lanes":[{"name":"main","state":"probing","running":1,"waiting":5,"concurrency":2}]})");
  const std::string text = format_metrics(snapshot);
  CHECK_THAT(text, Contains("spoold_completed_total{queue=\"/q\"} 301\n") &&
                       Contains("spoold_failed_total{queue=\"/q\"} 2\n") &&
                       Contains("spoold_retried_total{queue=\"/q\"} 0\n") &&
                       Contains("spoold_start_time_seconds{queue=\"/q\"} 1767312000.500\n") &&
                       Contains("spoold_storage_trouble{queue=\"/q\"} 1\n") &&
                       Contains("spoold_lane_waiting{queue=\"/q\",lane=\"main\"} 5\n") &&
                       Contains("{queue=\"/q\",lane=\"main\",spoold_lane_state=\"probing\"} 1\n"));
}

TEST_CASE("a queue no daemon has touched yet has metrics too, and they end as they must") {
  QueueSnapshot snapshot;
  snapshot.queue = "/q";
  const std::string text = format_metrics(snapshot);
  CHECK_THAT(text, Contains("spoold_up{queue=\"/q\"} 0\n") && Catch::EndsWith("\n# EOF\n"));
  CHECK_THAT(text, !Contains("spoold_lane") && !Contains("spoold_start_time"));
}
