#include "exit_status.hpp"

namespace spoold::exit_status {

int of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
    case ErrorKind::too_large:
      return bad_entry;
    case ErrorKind::not_found:
    case ErrorKind::wrong_type:
    case ErrorKind::gone:
      return no_queue;
    case ErrorKind::busy:
    case ErrorKind::no_space:
    case ErrorKind::too_many_files:
    case ErrorKind::out_of_memory:
      return try_later;
    case ErrorKind::read_only:
    case ErrorKind::exists:
      return cannot_create;
    case ErrorKind::no_permission:
      return no_permission;
    case ErrorKind::unknown:
      return unknown;
    case ErrorKind::io:
      return io;
  }
  return io;
}

}  // namespace spoold::exit_status
