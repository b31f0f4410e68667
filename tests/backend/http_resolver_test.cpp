#include <dlfcn.h>
#include <netdb.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "backend/http_bench.hpp"

using namespace spoold;
using namespace spoold::test;
using namespace std::chrono_literals;

namespace {

// A name server that does not answer as long as it is told not to, for names that begin with "slow".
class SlowNames {
 public:
  static SlowNames& of_this_process() {
    static SlowNames names;
    return names;
  }

  void hang() {
    const std::lock_guard lock{mutex_};
    hanging_ = true;
  }
  void answer() {
    const std::lock_guard lock{mutex_};
    hanging_ = false;
    changed_.notify_all();
  }
  void wait_for_asked(int count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  // What the system's resolver calls.
  void ask() {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hanging_; });
    --waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hanging_ = false;
  int waiting_ = 0;
};

// Names end in ".test"; all are this machine.
std::string url_of(const HttpServer& server, const std::string& name) {
  return "http://" + name + ".test:" + std::to_string(server.port()) + "/echo";
}

}  // namespace

// In place of the C library's.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string_view name{node};
  if (name.starts_with("slow")) SlowNames::of_this_process().ask();
  if (name.ends_with(".invalid")) return EAI_NONAME;
  return real(name.ends_with(".test") ? "127.0.0.1" : node, service, hints, found);
}

TEST_CASE("a name that is looked up for long in one lane holds no other lane up") {
  HttpServer server;
  HttpBench slow{url_of(server, "slow")};
  HttpBench other{slow, url_of(server, "other"), [](HttpOptions& options) { options.connect_timeout = 3s; }};
  SlowNames& names = SlowNames::of_this_process();
  names.hang();
  const auto outcomes = slow.run_at_once(1, [&] {
    slow.poll();
    names.wait_for_asked(1);
    CHECK(other.run() == "done");
    names.answer();
  });
  CHECK(outcomes.front() == "done");
}

TEST_CASE("a look-up that takes too long is given up, and the next one is made beside it") {
  HttpServer server;
  HttpBench bench{url_of(server, "slow"), [](HttpOptions& options) {
                    options.connect_timeout = 50ms;
                    options.concurrency = 2;
                  }};
  SlowNames& names = SlowNames::of_this_process();
  names.hang();
  CHECK(bench.run().find("its address was not found in time") != std::string::npos);
  names.wait_for_asked(1);
  CHECK(bench.run().find("its address was not found in time") != std::string::npos);
  names.wait_for_asked(2);
  names.answer();
}

TEST_CASE("a backend goes while a name of its is being looked up, and waits for nothing") {
  HttpServer server;
  SlowNames& names = SlowNames::of_this_process();
  names.hang();
  {
    HttpBench bench{url_of(server, "slow"), [](HttpOptions& options) { options.connect_timeout = 50ms; }};
    CHECK(bench.run().find("its address was not found in time") != std::string::npos);
    names.wait_for_asked(1);
  }
  names.answer();
}

TEST_CASE("a name that is not known says so") {
  HttpBench bench{"http://nowhere.invalid:1/"};
  CHECK(bench.run().find("its address was not found: ") != std::string::npos);
}
