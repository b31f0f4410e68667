#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <type_traits>
#include <utility>

namespace spoold {

// Lets a coroutine run by itself on `executor`. What it throws is a bug or out of memory: it comes out of the
// event loop's run() instead of ending the coroutine unheard.
inline void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> coroutine) {
  boost::asio::co_spawn(executor, std::move(coroutine), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

// Runs `function` on another executor (a thread's) and resumes the awaiting coroutine, on its own executor,
// with what it returned. `function` must not throw and must return a movable value. Name the lambda before
// the co_await (GCC 12 destroys twice a capturing lambda written inside one).
template <class Function>
[[nodiscard]] auto run_on(boost::asio::any_io_executor there, Function function)
    -> boost::asio::awaitable<std::invoke_result_t<Function&>> {
  using Value = std::invoke_result_t<Function&>;
  auto initiate = [](auto handler, boost::asio::any_io_executor executor, Function work) {
    auto job = [handler = std::move(handler), work = std::move(work)]() mutable {
      Value value = work();
      auto home = boost::asio::get_associated_executor(handler);
      auto resume = [handler = std::move(handler), value = std::move(value)]() mutable {
        std::move(handler)(std::move(value));
      };
      boost::asio::post(home, std::move(resume));
    };
    boost::asio::post(executor, std::move(job));
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Value)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(there), std::move(function));
}

}  // namespace spoold
