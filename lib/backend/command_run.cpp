#include "backend/command_run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <thread>

#include "backend/command_reaper.hpp"

namespace spoold {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

namespace {

constexpr auto stop_grace_max = 3s;  // so that a stop of the daemon stays in its own limit
constexpr auto reap_interval = 1s;   // orphans that ended, while their attempt goes on
constexpr auto first_look = 1ms;     // for what was killed to be dead
constexpr auto last_look = 100ms;
constexpr auto drain_time = 1s;  // for pipes that somebody else holds open
constexpr int looks_at_once = 1000;

MonotonicTime now() {
  return MonotonicTime::clock::now();
}

// Asio may tell a new descriptor what it meant for a closed one whose place it has taken, so being told that
// a program has ended does not mean that it has. The leader stays unreaped.
bool has_really_ended(pid_t leader) {
  siginfo_t ended{};
  return ::waitid(P_PID, static_cast<id_t>(leader), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         ended.si_pid == leader;
}

}  // namespace

CommandRun::CommandRun(const asio::any_io_executor& loop, pid_t leader, std::string mark,
                       std::uint64_t output_bytes_max)
    : pid_(leader),
      ended_(loop),
      output_{Descriptor{loop}, CommandOutput{output_bytes_max}, {}},
      errors_{Descriptor{loop}, CommandOutput{output_bytes_max}, {}},
      input_(loop),
      timer_(loop) {
  CommandReaper::of_this_process().add(pid_, std::move(mark));
}

Result<void> CommandRun::attach(SpawnedCommand command, std::string input) {
  const std::array<std::pair<UniqueFd*, Descriptor*>, 4> all{{{&command.pidfd, &ended_},
                                                              {&command.output, &output_.pipe},
                                                              {&command.errors, &errors_.pipe},
                                                              {&command.input, &input_}}};
  for (const auto& [fd, descriptor] : all) {
    if (!*fd) continue;
    error_code problem;
    descriptor->assign(fd->get(), problem);
    if (problem) return system_error(problem.value(), "watch", "the program");
    static_cast<void>(fd->release());
  }
  input_left_ = std::move(input);
  return {};
}

CommandRun::~CommandRun() {
  kill_now();
}

void CommandRun::watch() {
  ended_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& problem) {
    if (problem) return;
    if (!has_really_ended(self->pid_)) return self->watch();
    self->has_ended_ = true;
    self->wake();
  });
}

void CommandRun::read(Source& source) {
  auto taken = [self = shared_from_this(), &source](const error_code& problem, std::size_t count) {
    source.kept.add({source.buffer.data(), count});
    if (!problem) return self->read(source);
    source.closed = true;
    self->wake();
  };
  source.pipe.async_read_some(asio::buffer(source.buffer), std::move(taken));
}

// A program that does not want its input is free to close it.
void CommandRun::write() {
  if (!input_.is_open()) return;
  if (input_written_ == input_left_.size()) {
    input_.close();
    std::string{}.swap(input_left_);
    return;
  }
  auto written = [self = shared_from_this()](const error_code& problem, std::size_t count) {
    self->input_written_ = problem ? self->input_left_.size() : self->input_written_ + count;
    self->write();
  };
  input_.async_write_some(asio::buffer(input_left_) + input_written_, std::move(written));
}

void CommandRun::wake() {
  timer_.cancel();
}

asio::awaitable<void> CommandRun::wait_until(MonotonicTime time) {
  timer_.expires_at(time);
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<CommandEnd> CommandRun::run(std::chrono::nanoseconds timeout,
                                            std::chrono::nanoseconds kill_grace) {
  const auto self = shared_from_this();
  watch();
  read(output_);
  read(errors_);
  write();
  const CommandEnd::Why why = co_await wait_for_leader(timeout);
  if (!has_ended_) co_await end_by_force(kill_grace);
  co_await finish_off();
  co_await drain();
  std::optional<CommandEnd> end = reap();
  for (std::chrono::nanoseconds pause = first_look; !end; end = reap()) {
    co_await wait_until(now() + pause);
    pause = std::min<std::chrono::nanoseconds>(pause * 2, last_look);
  }
  end->why = why;
  co_return std::move(*end);
}

asio::awaitable<CommandEnd::Why> CommandRun::wait_for_leader(std::chrono::nanoseconds timeout) {
  const MonotonicTime deadline = now() + timeout;
  while (!has_ended_) {
    if (interrupted_at_) co_return CommandEnd::Why::interrupted;
    if (cancelled_) co_return CommandEnd::Why::cancelled;
    if (now() >= deadline) co_return CommandEnd::Why::over_time;
    const MonotonicTime next_look = now() + reap_interval;
    co_await wait_until(std::min(deadline, next_look));
    if (now() >= next_look) CommandReaper::of_this_process().reap_orphans();
  }
  co_return CommandEnd::Why::by_itself;
}

asio::awaitable<void> CommandRun::end_by_force(std::chrono::nanoseconds kill_grace) {
  if (kill_grace > 0ns) {
    ::kill(-pid_, SIGTERM);
    ::kill(-pid_, SIGCONT);  // what is stopped hears nothing
  }
  const MonotonicTime begin = now();
  for (;;) {
    MonotonicTime end = begin + kill_grace;
    if (interrupted_at_) end = std::min<MonotonicTime>(end, *interrupted_at_ + stop_grace_max);
    if (has_ended_ || now() >= end) break;
    co_await wait_until(end);
  }
  while (!has_ended_) {
    ::kill(-pid_, SIGKILL);
    co_await wait_until(now() + reap_interval);
  }
}

// However long it takes: an attempt whose processes cannot be killed (in a system call that hangs) is not
// over, and must not be begun again.
asio::awaitable<void> CommandRun::finish_off() {
  std::chrono::nanoseconds pause = first_look;
  while (!CommandReaper::of_this_process().finish_off(pid_)) {
    co_await wait_until(now() + pause);
    pause = std::min<std::chrono::nanoseconds>(pause * 2, last_look);
  }
}

asio::awaitable<void> CommandRun::drain() {
  const MonotonicTime deadline = now() + drain_time;
  while (!(output_.closed && errors_.closed) && now() < deadline) co_await wait_until(deadline);
}

std::optional<CommandEnd> CommandRun::reap() {
  siginfo_t ended{};
  const int status = ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG);
  if (status == 0 && ended.si_pid != pid_) return std::nullopt;
  reaped_ = true;
  CommandReaper::of_this_process().remove(pid_);
  for (Descriptor* const descriptor : {&ended_, &output_.pipe, &errors_.pipe, &input_}) {
    error_code ignored;
    descriptor->close(ignored);
  }
  CommandEnd end;
  end.known = status == 0;
  if (end.known) (ended.si_code == CLD_EXITED ? end.exit_status : end.signal) = ended.si_status;
  return end;
}

void CommandRun::interrupt() {
  if (interrupted_at_) return;
  interrupted_at_ = now();
  wake();
}

void CommandRun::cancel() {
  cancelled_ = true;
  wake();
}

void CommandRun::kill_now() {
  if (reaped_) return;
  for (int look = 0; look < looks_at_once; ++look) {
    if (CommandReaper::of_this_process().finish_off(pid_) && reap()) return;
    std::this_thread::sleep_for(first_look);
  }
  reaped_ = true;
  CommandReaper::of_this_process().abandon(pid_);
}

}  // namespace spoold
