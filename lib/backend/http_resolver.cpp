#include "backend/http_resolver.hpp"

#include <netdb.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace spoold {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct Question {
  std::string host;
  std::uint16_t port = 0;
  std::weak_ptr<void> asker;
  std::function<void(HttpAddresses)> done;
};

HttpAddresses look_up(const Question& question) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  HttpAddresses found;
  const int problem =
      ::getaddrinfo(question.host.c_str(), std::to_string(question.port).c_str(), &hints, &first);
  if (problem != 0) {
    found.trouble = problem == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(problem);
    return found;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{first, &::freeaddrinfo};
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoint.resize(each->ai_addrlen);
    found.endpoints.push_back(endpoint);
  }
  return found;
}

}  // namespace

struct HttpResolver::State {
  std::mutex mutex;
  std::condition_variable asked;
  asio::any_io_executor loop;  // none once the resolver has gone
  std::deque<Question> questions;
  std::size_t threads_max = 1;
  std::size_t threads = 0;
  std::size_t idle = 0;

  // Answers questions until the resolver has gone.
  void serve() {
    std::unique_lock lock{mutex};
    while (loop) {
      if (questions.empty()) {
        ++idle;
        asked.wait(lock);
        --idle;
        continue;
      }
      Question question = std::move(questions.front());
      questions.pop_front();
      if (question.asker.expired()) continue;
      lock.unlock();
      HttpAddresses found = look_up(question);
      lock.lock();
      // Under the lock, so that the loop is there still. What was asked ends on the loop's thread too.
      auto tell = [question = std::move(question), found = std::move(found)]() mutable {
        if (!question.asker.expired()) question.done(std::move(found));
      };
      if (loop) asio::post(loop, std::move(tell));
    }
  }
};

HttpResolver::HttpResolver(asio::any_io_executor loop, std::size_t threads_max)
    : state_(std::make_shared<State>()) {
  state_->loop = std::move(loop);
  state_->threads_max = threads_max;
}

HttpResolver::~HttpResolver() {
  const std::lock_guard lock{state_->mutex};
  state_->loop = {};
  state_->questions.clear();
  state_->asked.notify_all();
}

void HttpResolver::resolve(std::string host, std::uint16_t port, const std::shared_ptr<void>& asker,
                           std::function<void(HttpAddresses)> done) {
  const std::lock_guard lock{state_->mutex};
  std::erase_if(state_->questions, [](const Question& question) { return question.asker.expired(); });
  state_->questions.push_back({std::move(host), port, asker, std::move(done)});
  state_->asked.notify_one();
  if (state_->questions.size() <= state_->idle || state_->threads >= state_->threads_max) return;
  try {
    std::thread{[state = state_] { state->serve(); }}.detach();
    ++state_->threads;
  } catch (const std::system_error& problem) {
    // With other threads at work its turn comes; without any it never would.
    if (state_->threads > 0) return;
    auto tell = [question = std::move(state_->questions.back()), why = problem.code().message()] {
      question.done({{}, why});
    };
    state_->questions.pop_back();
    asio::post(state_->loop, std::move(tell));
  }
}

}  // namespace spoold
