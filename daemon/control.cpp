#include "daemon/control.hpp"

#include "base/run_on.hpp"

namespace spoold {

namespace asio = boost::asio;

namespace {

// A Json converts to anything, an Error too: which is meant must be said.
Result<Json> members(Json json) {
  return Result<Json>{boost::system::in_place_value, std::move(json)};
}

std::string told(const Pause& pause) {
  return " by " + printable(pause.by) +
         (pause.reason.empty() ? std::string() : ": " + printable(pause.reason));
}

}  // namespace

void Control::take_pauses() {
  auto pauses = read_pauses(context_.files, context_.layout.queue());
  if (pauses) return put_in_force(std::move(*pauses));
  Pauses all;
  all.all = Pause{"spoold", context_.clock.wall_now(), pauses.error().message()};
  log_.write(Severity::error, pauses.error().message() +
                                  "; all lanes are paused until it is mended or 'spoolctl resume' is given");
  worker_.set_pauses(all);
  pauses_ = std::move(all);
}

void Control::listen() {
  auto handler = [this](ControlRequest request) { return answer(std::move(request)); };
  auto server = ControlServer::open(context_.loop, context_.layout.queue().handle, std::move(handler));
  if (!server) {
    return log_.write(Severity::warning, "no live control, the work goes on: " + server.error().message());
  }
  server_ = std::move(*server);
}

void Control::put_in_force(Pauses pauses) {
  if (pauses.all != pauses_.all) {
    log_.write(Severity::notice, pauses.all ? "all lanes are paused" + told(*pauses.all)
                                            : std::string("not all lanes are paused any more"));
  }
  for (const auto& [lane, pause] : pauses.lanes) {
    if (!pauses_.lanes.contains(lane))
      log_.write(Severity::notice, "lane " + printable(lane) + " is paused" + told(pause));
  }
  for (const auto& [lane, pause] : pauses_.lanes) {
    if (!pauses.lanes.contains(lane)) log_.write(Severity::notice, "lane " + printable(lane) + " is resumed");
  }
  worker_.set_pauses(pauses);
  pauses_ = std::move(pauses);
}

asio::awaitable<Result<Json>> Control::answer(ControlRequest request) {
  if (std::holds_alternative<control::Status>(request)) co_return members(worker_.status());
  if (const auto* asked = std::get_if<control::Cancel>(&request)) co_return cancel(*asked);
  if (const auto* asked = std::get_if<control::Explain>(&request)) {
    co_return members(worker_.whereabouts(asked->seq));
  }
  co_return co_await reread_pauses();
}

asio::awaitable<Result<Json>> Control::reread_pauses() {
  auto work = [this] { return read_pauses(context_.files, context_.layout.queue()); };
  auto pauses = co_await run_on(context_.store_thread, std::move(work));
  if (!pauses) co_return pauses.error();
  put_in_force(std::move(*pauses));
  co_return members(Json::object());
}

Result<Json> Control::cancel(const control::Cancel& request) {
  if (worker_.cancel(request.seq, printable(request.by))) return members(Json::object());
  return Error{ErrorKind::not_found, "entry " + format_id(request.seq) + " is not running"};
}

}  // namespace spoold
