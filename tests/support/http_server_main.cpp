// test_http_server: an HTTP or HTTPS server that behaves as it is told (http_server_reply.hpp), and logs each
// request. On 127.0.0.1 by default; prints its port, and serves until it is killed or its parent dies.
//
//   test_http_server --log FILE [--listen ADDRESS] [--port N] [--certificate FILE [--name HOST]]
//
// With --certificate it speaks TLS, with a certificate made at the start and written to FILE. The log has two
// lines for each request, as it comes and as it ends:
// {"event":"start","n":1,"connection":1,"method":"POST","target":"/echo","key":"...","start":NS}
// {"event":"end", the same and: "end":NS,"status":200,"left":false}
// Times are CLOCK_MONOTONIC; "left" says that the other side went before the answer.

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <csignal>
#include <fstream>
#include <iostream>

#include "support/http_server_certificate.hpp"
#include "support/http_server_reply.hpp"

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using namespace spoold::test;

namespace {

struct Server {
  explicit Server(const std::string& log)
      : log_file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (log_file < 0) throw std::runtime_error("cannot write " + log);
  }
  asio::io_context loop{1};
  ServerBehaviour behaviour;
  int log_file;
  int requests = 0;
  int connections = 0;
  asio::steady_timer told{loop, asio::steady_timer::time_point::max()};  // cancelled by each /control
};

std::int64_t now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

tcp::socket& socket_of(tcp::socket& stream) {
  return stream;
}
tcp::socket& socket_of(asio::ssl::stream<tcp::socket>& stream) {
  return stream.next_layer();
}

ServerRequest plain(const http::request<http::string_body>& message) {
  ServerRequest request{
      std::string{message.method_string()}, std::string{message.target()}, {}, message.body()};
  for (const auto& field : message) {
    std::string name{field.name_string()};
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request.headers.emplace_back(std::move(name), field.value());
  }
  return request;
}

// One connection: requests one after the other, until one of them ends it.
template <class Stream>
class Session {
 public:
  Session(Server& server, Stream stream)
      : server_(server), stream_(std::move(stream)), connection_(++server.connections) {}

  Stream& stream() { return stream_; }

  asio::awaitable<void> run() {
    while (open_) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(64ULL * 1024 * 1024);
      error_code problem;
      co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, problem));
      if (problem) co_return;
      const ServerRequest request = plain(parser.get());
      co_await serve(request);
    }
  }

 private:
  asio::awaitable<void> serve(const ServerRequest& request) {
    const std::int64_t start = now();
    const int number = ++server_.requests;
    const bool logged = request.target != "/control";
    left_ = false;
    if (logged) log(line("start", request, number, start));
    while (server_.behaviour.holds(request)) {
      error_code ignored;
      co_await server_.told.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    const ServerReply reply = server_.behaviour.reply_to(request);
    if (!logged) server_.told.cancel();
    if (reply.delay.count() > 0) co_await wait_for(reply.delay);
    // Whoever has the answer finds the line in the log; what never ends is logged when the other side has
    // left.
    const bool ends = reply.then == ServerReply::Then::keep || reply.then == ServerReply::Then::close ||
                      reply.then == ServerReply::Then::reset;
    if (logged && ends) log_end(request, number, start, reply.status);
    if (!left_) co_await send(reply.bytes);
    if (!left_) co_await go_on(reply.then);
    if (logged && !ends) log_end(request, number, start, reply.status);
    open_ = !left_ && reply.then == ServerReply::Then::keep;
    if (!open_) end(reply.then == ServerReply::Then::reset);
  }

  asio::awaitable<void> send(std::string bytes) {
    error_code problem;
    co_await asio::async_write(stream_, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, problem));
    left_ = left_ || problem;
  }

  // Ends early if the other side leaves. (It has nothing to send meanwhile.)
  asio::awaitable<void> wait_for(std::chrono::nanoseconds time) {
    auto timer = std::make_shared<asio::steady_timer>(server_.loop, time);
    auto seen = std::make_shared<bool>(false);
    auto notice = [timer, seen](const error_code& problem) {
      if (problem) return;
      *seen = true;
      timer->cancel();
    };
    socket_of(stream_).async_wait(tcp::socket::wait_read, std::move(notice));
    error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    left_ = *seen;
    if (!left_) socket_of(stream_).cancel(ignored);
  }

  asio::awaitable<void> go_on(ServerReply::Then then) {
    const std::string flood(64 * 1024, 'x');
    const std::string drop = "x";
    const std::string interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    while (!left_) {
      switch (then) {
        case ServerReply::Then::hang:
          co_await wait_for(std::chrono::hours{1});
          break;
        case ServerReply::Then::flood:
          co_await send(flood);
          break;
        case ServerReply::Then::trickle:
          co_await wait_for(std::chrono::milliseconds{10});
          co_await send(drop);
          break;
        case ServerReply::Then::inform:
          co_await send(interim);
          break;
        default:
          co_return;
      }
    }
  }

  void end(bool reset) {
    error_code ignored;
    if (reset) socket_of(stream_).set_option(asio::socket_base::linger(true, 0), ignored);
    socket_of(stream_).close(ignored);
  }

  [[nodiscard]] nlohmann::ordered_json line(const char* event, const ServerRequest& request, int number,
                                            std::int64_t start) const {
    return {{"event", event},
            {"n", number},
            {"connection", connection_},
            {"method", request.method},
            {"target", request.target},
            {"key", request.header("idempotency-key")},
            {"start", start}};
  }

  void log_end(const ServerRequest& request, int number, std::int64_t start, int status) const {
    nlohmann::ordered_json ended = line("end", request, number, start);
    ended["end"] = now();
    ended["status"] = status;
    ended["left"] = left_;
    log(ended);
  }

  void log(const nlohmann::ordered_json& line) const {
    const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    if (::write(server_.log_file, text.data(), text.size()) < 0) std::cerr << "cannot write the log\n";
  }

  Server& server_;
  Stream stream_;
  int connection_;
  boost::beast::flat_buffer buffer_;
  bool open_ = true;
  bool left_ = false;
};

asio::awaitable<void> serve_plain(Server& server, tcp::socket socket) {
  const auto session = std::make_unique<Session<tcp::socket>>(server, std::move(socket));
  co_await session->run();
}

asio::awaitable<void> serve_tls(Server& server, tcp::socket socket, asio::ssl::context& tls) {
  using Stream = asio::ssl::stream<tcp::socket>;
  const auto session = std::make_unique<Session<Stream>>(server, Stream{std::move(socket), tls});
  error_code problem;
  co_await session->stream().async_handshake(Stream::server,
                                             asio::redirect_error(asio::use_awaitable, problem));
  if (!problem) co_await session->run();
}

asio::awaitable<void> accept(Server& server, tcp::acceptor acceptor, asio::ssl::context* tls) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    if (tls != nullptr)
      asio::co_spawn(server.loop, serve_tls(server, std::move(socket), *tls), asio::detached);
    else
      asio::co_spawn(server.loop, serve_plain(server, std::move(socket)), asio::detached);
  }
}

std::map<std::string, std::string> read_arguments(int count, char** values) {
  std::map<std::string, std::string> options{
      {"--listen", "127.0.0.1"}, {"--port", "0"}, {"--name", "localhost"}};
  for (int i = 1; i + 1 < count; i += 2) options[values[i]] = values[i + 1];
  if (!options.contains("--log") || count % 2 == 0)
    throw std::runtime_error(
        "usage: test_http_server --log FILE [--listen ADDRESS] [--port N] [--certificate FILE [--name "
        "HOST]]");
  return options;
}

void run(const std::map<std::string, std::string>& options) {
  Server server{options.at("--log")};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  const bool encrypted = options.contains("--certificate");
  if (encrypted) {
    const std::string pem = use_new_certificate(tls, options.at("--name"));
    std::ofstream{options.at("--certificate")} << pem;
  }
  const tcp::endpoint where{asio::ip::make_address(options.at("--listen")),
                            static_cast<std::uint16_t>(std::stoul(options.at("--port")))};
  tcp::acceptor acceptor{server.loop, where};
  std::cout << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(server.loop, accept(server, std::move(acceptor), encrypted ? &tls : nullptr),
                 asio::detached);
  server.loop.run();
}

}  // namespace

int main(int count, char** values) {
  // Nothing that a test started outlives it, however it ends.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    run(read_arguments(count, values));
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
}
