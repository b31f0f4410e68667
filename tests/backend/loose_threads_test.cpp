#include "backend/loose_threads.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <new>
#include <thread>

using namespace spoold;
using namespace std::chrono_literals;

namespace {

// A loop that waits for what threads tell it.
class Loop {
 public:
  [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }
  // Runs what is told next.
  void tell_one() { context_.run_one(); }
  // What has been told without waiting.
  std::size_t poll() { return context_.poll(); }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
};

LooseThreads::Then nothing() {
  return [] {};
}

}  // namespace

TEST_CASE("a task is done on another thread, and what it returns on the loop's") {
  Loop loop;
  LooseThreads threads{loop.executor(), 1};
  const auto asker = std::make_shared<int>();
  std::thread::id worked;
  std::thread::id told;
  REQUIRE(threads.run(asker, [&]() -> LooseThreads::Then {
    worked = std::this_thread::get_id();
    return [&] { told = std::this_thread::get_id(); };
  }));
  loop.tell_one();
  CHECK(told == std::this_thread::get_id());
  CHECK(worked != told);
}

TEST_CASE("as many tasks are done at once as there may be threads, the others in their order after them") {
  Loop loop;
  LooseThreads threads{loop.executor(), 2};
  const auto asker = std::make_shared<int>();
  std::promise<void> met;
  std::vector<int> told;
  // Either waits for the other.
  REQUIRE(threads.run(asker, [&] {
    met.get_future().wait();
    return nothing();
  }));
  REQUIRE(threads.run(asker, [&] {
    met.set_value();
    return nothing();
  }));
  for (int i = 0; i < 2; ++i) loop.tell_one();
  LooseThreads one{loop.executor(), 1};
  for (int i = 0; i < 5; ++i) {
    REQUIRE(one.run(asker, [&told, i]() -> LooseThreads::Then { return [&told, i] { told.push_back(i); }; }));
  }
  for (int i = 0; i < 5; ++i) loop.tell_one();
  CHECK(told == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("what a task throws comes out of the loop, and the next one is done") {
  Loop loop;
  LooseThreads threads{loop.executor(), 1};
  const auto asker = std::make_shared<int>();
  REQUIRE(threads.run(asker, []() -> LooseThreads::Then { throw std::bad_alloc{}; }));
  CHECK_THROWS_AS(loop.tell_one(), std::bad_alloc);
  REQUIRE(threads.run(asker, nothing));
  loop.tell_one();
}

TEST_CASE("a task whose asker has gone before its turn is not done, and nobody is told of one that is") {
  Loop loop;
  LooseThreads threads{loop.executor(), 1};
  auto first = std::make_shared<int>();
  auto second = std::make_shared<int>();
  const auto third = std::make_shared<int>();
  std::promise<void> begun;
  std::promise<void> go_on;
  bool done = false;
  bool told = false;
  REQUIRE(threads.run(first, [&]() -> LooseThreads::Then {
    begun.set_value();
    go_on.get_future().wait();
    return [&] { told = true; };
  }));
  begun.get_future().wait();
  REQUIRE(threads.run(second, [&] {
    done = true;
    return nothing();
  }));
  first.reset();
  second.reset();
  go_on.set_value();
  REQUIRE(threads.run(third, nothing));
  loop.tell_one();
  loop.tell_one();
  CHECK_FALSE(done);
  CHECK_FALSE(told);
}

TEST_CASE("at the end what nobody has taken goes on its thread, and nothing is told any more") {
  Loop loop;
  const auto asker = std::make_shared<int>();
  std::promise<void> returned;
  std::thread::id gone;
  bool told = false;
  {
    LooseThreads threads{loop.executor(), 1};
    REQUIRE(threads.run(asker, [&]() -> LooseThreads::Then {
      // Made by the task, and held by what it returns.
      const std::shared_ptr<int> value{new int, [&gone](const int* number) {
                                         gone = std::this_thread::get_id();
                                         delete number;
                                       }};
      return [&told, value] { told = true; };
    }));
    REQUIRE(threads.run(asker, [&] {
      returned.set_value();
      return nothing();
    }));
    returned.get_future().wait();
    threads.end(1h);
  }
  CHECK(gone != std::thread::id{});
  CHECK(gone != std::this_thread::get_id());
  loop.poll();
  CHECK_FALSE(told);
}
