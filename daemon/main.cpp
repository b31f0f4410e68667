#include <sysexits.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <system_error>

#include "daemon/arguments.hpp"
#include "daemon/configuration.hpp"
#include "daemon/daemon.hpp"

namespace spoold {

namespace {

int run(int argc, const char* const* argv) {
  const auto parsed = parse_arguments(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& arguments = std::get<Arguments>(parsed);
  Log log{arguments.log_format, arguments.log_level};
  const auto config = read_configuration(arguments);
  if (arguments.check_config) {
    if (config) {
      std::cout << config->file << " is in order\n";
      return EX_OK;
    }
    std::cerr << config.error().message() << '\n';
    return EX_CONFIG;
  }
  if (!config) {
    log.write(Severity::error, config.error().message());
    return EX_CONFIG;
  }
  return run_daemon(*config, arguments, log);
}

// What is thrown for want of threads, descriptors or memory, as a rule at the start. `said`: "thread:
// Resource temporarily unavailable [system:11]".
int give_up(int number, const std::string& said) {
  std::cerr << "spoold: cannot go on: " << said.substr(0, said.find(" ["));
  switch (number) {
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      std::cerr << "; see its limits (ulimit -a, or LimitNOFILE=, TasksMax= and MemoryMax= of its unit)\n";
      return EX_OSERR;
    default:
      std::cerr << '\n';
      return EX_SOFTWARE;
  }
}

// What no thread can go on without ends the process: the next start recovers what this one held.
[[noreturn]] void end_at_once() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    ::_exit(give_up(ENOMEM, "out of memory"));
  } catch (const std::exception& problem) {
    std::cerr << "spoold: " << problem.what() << '\n';
  }
  std::abort();
}

}  // namespace

}  // namespace spoold

int main(int argc, char** argv) {
  std::set_terminate(&spoold::end_at_once);
  try {
    return spoold::run(argc, argv);
  } catch (const std::system_error& problem) {
    return spoold::give_up(problem.code().value(), problem.what());
  } catch (const boost::system::system_error& problem) {
    return spoold::give_up(problem.code().value(), problem.what());
  } catch (const std::bad_alloc&) {
    return spoold::give_up(ENOMEM, "out of memory");
  } catch (const std::exception& problem) {
    std::cerr << "spoold: " << problem.what() << '\n';
    return EX_SOFTWARE;
  }
}
