// HTTP: entries through an http lane, beside a Beast client that sends the same requests on connections it
// keeps, to the same server, which is a thread of this program.

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <thread>

#include "bench/lane.hpp"

namespace spoold::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::string request_body(std::uint64_t id) {
  return "{\"id\":" + std::to_string(id) + ",\"text\":\"a line of some forty characters, as notes are\"}";
}

std::string http_entry(std::uint64_t id) {
  return "{\"operation\":\"note\",\"body\":" + request_body(id) +
         ",\"metadata\":{},\"created_at\":\"2026-01-02T04:42:43Z\"}\n";
}

// Answers each request with a few bytes of JSON.
class Server {
 public:
  Server() : acceptor_(context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    context_.stop();
    thread_.join();
  }

  [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }
  // Requests answered since this was last called.
  [[nodiscard]] std::size_t take_answered() { return answered_.exchange(0); }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket peer = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(context_, serve(std::move(peer)), asio::detached);
    }
  }

  // Ends with an exception, which nobody sees, when the client closes the connection.
  asio::awaitable<void> serve(tcp::socket peer) {
    peer.set_option(tcp::no_delay{true});
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response{http::status::ok, 11};
    response.set(http::field::content_type, "application/json");
    response.body() = "{\"ok\":true}";
    response.prepare_payload();
    for (;;) {
      http::request<http::string_body> request;
      co_await http::async_read(peer, buffer, request, asio::use_awaitable);
      ++answered_;
      co_await http::async_write(peer, response, asio::use_awaitable);
    }
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::atomic<std::size_t> answered_ = 0;
  std::thread thread_;
};

// A connection that sends one request after the other.
class Client {
 public:
  explicit Client(const tcp::endpoint& server) : socket_(context_) {
    socket_.connect(server);
    socket_.set_option(tcp::no_delay{true});
    request_.set(http::field::host, "127.0.0.1");
    request_.set(http::field::user_agent, "bench");
    request_.set(http::field::content_type, "application/json");
  }

  void send(std::uint64_t id) {
    request_.set("Idempotency-Key", std::to_string(id));
    request_.body() = request_body(id);
    request_.prepare_payload();
    http::response<http::string_body> response;
    http::write(socket_, request_);
    http::read(socket_, buffer_, response);
    require(response.result() == http::status::ok, "the server answered otherwise");
  }

 private:
  asio::io_context context_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_{http::verb::post, "/notes", 11};
};

}  // namespace
}  // namespace spoold::bench

int main(int argc, char** argv) {
  using namespace spoold::bench;
  const Options options = read_options(argc, argv);
  Server server;
  const auto endpoint = server.endpoint();
  LaneWork work;
  work.name = "http";
  work.what = "HTTP requests";
  work.backend = "type: http, url: \"http://127.0.0.1:" + std::to_string(endpoint.port()) + "/notes\"";
  work.entry = http_entry;
  work.worker = [endpoint] {
    return [client = std::make_shared<Client>(endpoint)](std::uint64_t id) { client->send(id); };
  };
  work.check = [&server](std::size_t times) {
    require(server.take_answered() == times, "the server answered more or less often than there are entries");
  };
  for (const std::size_t concurrency : {1U, 8U})
    measure_lane(options, std::max<std::size_t>(options.entries / 10, 100), concurrency, work);
}
