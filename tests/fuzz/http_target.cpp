#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "backend/http_dialogue.hpp"
#include "backend/http_judgement.hpp"
#include "backend/http_verdict.hpp"
#include "entry/entry_format.hpp"
#include "fuzz/answer_stream.hpp"
#include "fuzz/property.hpp"
#include "fuzz/targets.hpp"

namespace spoold::fuzz {

namespace {

using End = HttpResponse::End;

constexpr WallTime now{std::chrono::seconds{1'767'328'963}};

// A backend's options; limits are low enough for a small input to go beyond them.
struct Setting {
  explicit Setting(bool request_expects_body) : expects_body(request_expects_body) {
    options.url = "http://127.0.0.1:8001/api/chat";
    options.response_header_bytes_max = 1024;
    options.response_bytes_max = 1536;
    options.receipt_bytes_max = 512;
  }
  Setting& made() {
    std::vector<HttpProblem> problems;
    plan = plan_http(options, problems);
    must(problems.empty(), "the options are good");
    return *this;
  }

  HttpOptions options;
  HttpPlan plan;
  bool expects_body;
};

Setting plain() {
  Setting setting{true};
  return std::move(setting.made());
}

// Looks into the answer, as docs/http.md shows it for a chat service.
Setting looking() {
  Setting setting{true};
  setting.options.score = "/message/content/score";
  setting.options.expect = {
      {.pointer = "/done", .equals = Json(true), .matches = {}, .minimum = {}},
      {.pointer = "/message/content/score", .equals = {}, .matches = {}, .minimum = 5},
      {.pointer = "/message/content/text", .equals = {}, .matches = "^[a-z ]+$", .minimum = {}},
      {.pointer = "/error", .exists = false, .equals = {}, .matches = {}, .minimum = {}}};
  setting.options.expectation_failed = HttpVerdict::reject;
  return std::move(setting.made());
}

// Has a table of its own, and asks for headers only.
Setting head() {
  Setting setting{false};
  setting.options.method = "HEAD";
  setting.options.statuses = {
      {404, HttpVerdict::done}, {200, HttpVerdict::retry}, {503, HttpVerdict::reject}};
  return std::move(setting.made());
}

struct Answered {
  HttpExchange exchange;
  bool kept = false;
};

boost::asio::awaitable<void> ask(AnswerStream& stream, const HttpRequest& request, const HttpLimits& limits,
                                 Answered& answered) {
  HttpDialogue<AnswerStream> dialogue{stream, request, limits};
  answered.exchange = co_await dialogue.run();
  answered.kept = dialogue.kept();
}

Answered answer_in_pieces(std::string_view input, std::size_t piece_bytes, const Setting& setting) {
  boost::asio::io_context loop{1};
  AnswerStream stream{loop.get_executor(), input, piece_bytes};
  HttpRequest request;
  request.bytes = "POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  request.expects_body = setting.expects_body;
  const HttpLimits limits{setting.options.response_header_bytes_max, setting.options.response_bytes_max,
                          http_bytes_kept(setting.options, setting.plan)};
  Answered answered;
  boost::asio::co_spawn(loop, ask(stream, request, limits, answered), boost::asio::detached);
  loop.run();
  return answered;
}

void check_exchange(const Answered& answered, std::string_view input, const Setting& setting) {
  const HttpExchange& exchange = answered.exchange;
  must(exchange.answered || input.empty(), "what came was seen to come");
  if (!exchange.response) {
    must_be_one_line(exchange.trouble);
    must(!answered.kept, "a connection without an answer is not used again");
    return;
  }
  const HttpResponse& response = *exchange.response;
  must(response.status == 101 || (response.status >= 200 && response.status <= 999),
       "a status ends the request");
  must(response.body.size() <= http_bytes_kept(setting.options, setting.plan),
       "no more is kept than is asked for");
  must(response.body.size() <= response.length && response.length <= input.size(), "what is kept has come");
  must(setting.expects_body || response.length == 0, "the answer to HEAD has no body");
  must((response.end == End::broken) == !response.trouble.empty(), "what broke off says why");
  must((response.end == End::over_limit) == (response.length > setting.options.response_bytes_max),
       "what is over the limit is said to be");
  must(!answered.kept || response.end == End::whole, "only a connection whose answer is whole is used again");
}

void must_be_the_same(const Answered& whole, const Answered& pieces) {
  // Not so whether the connection is used again, since bytes behind the answer may not have come yet (the
  // pool looks for those), nor the words for a header that is wrong.
  must(whole.exchange.answered == pieces.exchange.answered && whole.exchange.closed == pieces.exchange.closed,
       "an exchange does not depend on the pieces it came in");
  must(whole.exchange.response.has_value() == pieces.exchange.response.has_value(),
       "nor whether there is an answer");
  if (!whole.exchange.response) return;
  const HttpResponse& one = *whole.exchange.response;
  const HttpResponse& other = *pieces.exchange.response;
  must(one.status == other.status && one.phrase == other.phrase && one.content_type == other.content_type &&
           one.location == other.location && one.retry_after == other.retry_after,
       "nor its header");
  must(one.end == other.end && one.trouble == other.trouble && one.body == other.body, "nor its body");
  must(one.end == End::over_limit || one.length == other.length, "nor its length");
}

struct CheckOutcome {
  const HttpAnswer& answer;
  const Setting& setting;

  [[nodiscard]] const HttpResponse& response() const {
    must(std::holds_alternative<HttpResponse>(answer), "only an answer decides so");
    return std::get<HttpResponse>(answer);
  }
  void check_time(const std::optional<WallTime>& time) const {
    must(!time || (*time >= now && *time <= now + setting.options.retry_after_max), "a wait is capped");
  }

  void operator()(const Done& done) const {
    must(verdict_of(response().status, setting.options) == HttpVerdict::done,
         "done is what the table calls so");
    must(response().end != End::broken, "what broke off is not done");
    must(done.receipt.is_object() && done.receipt.at("http_status") == response().status,
         "a receipt has the status");
  }
  void operator()(const Retry& retry) const {
    must_be_one_line(retry.reason);
    check_time(retry.not_before);
  }
  void operator()(const Reject& reject) const {
    must_be_one_line(reject.reason);
    must(reject.asked, "the service was asked");
    must(!reject.pause_lane || response().status == 410, "only 410 pauses the lane too");
  }
  void operator()(const Unavailable& unavailable) const {
    must_be_one_line(unavailable.reason);
    check_time(unavailable.until);
  }
  void operator()(const Interrupted&) const { must(false, "nobody interrupted it"); }
};

// What the outcome leaves in the entry's file can be read again, and is bounded.
void check_record(const Outcome& outcome, const Setting& setting) {
  auto entry = make_entry(Json{{"operation", "chat"}});
  must(entry.has_value(), "there is an entry");
  if (const auto* const done = std::get_if<Done>(&outcome)) record_receipt(*entry, done->receipt, 1);
  if (const auto* const retry = std::get_if<Retry>(&outcome))
    record_attempt(
        *entry,
        {.attempt = 1, .finished_at = now, .outcome = "retry", .reason = retry->reason, .again = true});
  const std::string text = format_entry(*entry);
  const auto again = parse_entry(text);
  must(again.has_value(), "an entry with a receipt is an entry");
  must(again->document == entry->document, "a receipt reads as it was written");
  // A byte may need six in JSON (control characters); the header's part is small.
  must(text.size() <=
           6 * (setting.options.receipt_bytes_max + setting.options.response_header_bytes_max) + 2048,
       "a receipt is bounded");
}

void fuzz_with(const Setting& setting, std::string_view input) {
  const Answered whole = answer_in_pieces(input, std::max<std::size_t>(input.size(), 1), setting);
  check_exchange(whole, input, setting);
  const std::size_t piece_bytes = input.size() <= 256 ? 1 : 1 + hash_of(input) % 200;
  must_be_the_same(whole, answer_in_pieces(input, piece_bytes, setting));

  // As HttpCall concludes where no time was over and nobody interrupted.
  HttpAnswer answer = HttpFailure{HttpFailure::Kind::no_answer, whole.exchange.trouble};
  if (whole.exchange.response) answer = *whole.exchange.response;
  const Outcome outcome = judge(answer, setting.options, setting.plan, now, std::chrono::milliseconds{3});
  std::visit(CheckOutcome{answer, setting}, outcome);
  check_record(outcome, setting);
}

}  // namespace

void fuzz_http(std::string_view input) {
  static const std::array<Setting, 3> settings{plain(), looking(), head()};
  for (const Setting& setting : settings) fuzz_with(setting, input);
}

}  // namespace spoold::fuzz
