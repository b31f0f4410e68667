// The dispatcher where the queue's storage is in trouble: what it refused is held, and settled later.
#include "base/run_on.hpp"
#include "worker/dispatcher.hpp"

namespace spoold {

namespace asio = boost::asio;

void Dispatcher::note_storage(const std::optional<Error>& trouble) {
  const MonotonicTime now = context_.clock.monotonic_now();
  const auto event =
      trouble ? storage_.failed(*trouble, context_.clock.wall_now(), now) : storage_.succeeded(now);
  if (event) context_.events.publish(*event);
}

asio::awaitable<void> Dispatcher::try_storage() {
  const MonotonicTime now = context_.clock.monotonic_now();
  if (!storage_.allows(now)) co_return;
  // Also where the trouble is over: what another batch found well does not settle these.
  if (storage_.held() > 0) {
    storage_.begin_try(now);
    co_await settle_held();
  } else if (storage_.trouble() && waiting() == 0 && running() == 0) {
    storage_.begin_try(now);
    auto sync = [this] { return context_.store.sync_all(); };
    const Result<void> synced = co_await run_on(context_.store_thread, std::move(sync));
    note_storage(synced ? std::nullopt : std::optional<Error>{synced.error()});
  }
}

asio::awaitable<void> Dispatcher::settle_held() {
  const MonotonicTime began = context_.clock.monotonic_now();
  auto work = [this, held = storage_.take_held()]() mutable {
    return settle_batch(context_.store, std::move(held), true);
  };
  SettledBatch settled = co_await run_on(context_.store_thread, std::move(work));
  take_in(settled, began);
  // One try of all: what goes well tells nothing while something else does not.
  std::optional<Error> trouble = std::move(settled.trouble);
  for (BundleSettlement& held : storage_.take_held_bundles()) {
    std::optional<Error> its_own = co_await settle_bundle(std::move(held), began);
    if (!trouble) trouble = std::move(its_own);
  }
  note_storage(trouble);
}

// On a full disk a record may not be written, but the move to pending/ takes no space.
asio::awaitable<void> Dispatcher::let_go_of_held() {
  if (storage_.held() == 0) co_return;
  co_await settle_held();
  for (Settlement& settlement : storage_.take_held()) {
    settlement.decision = Release{"their outcome could not be recorded before the stop"};
    storage_.hold(std::move(settlement));
  }
  for (BundleSettlement& held : storage_.take_held_bundles())
    storage_.hold(give_back_unsplit(std::move(held)));
  if (storage_.held() > 0) co_await settle_held();
}

}  // namespace spoold
