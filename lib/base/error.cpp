#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace spoold {

namespace {

ErrorKind kind_of(int number) {
  switch (number) {
    case ENOENT:
      return ErrorKind::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorKind::exists;
    case EAGAIN:
    case EBUSY:
    case ETXTBSY:
      return ErrorKind::busy;
    case ENOSPC:
    case EDQUOT:
      return ErrorKind::no_space;
    case EROFS:
      return ErrorKind::read_only;
    case EACCES:
    case EPERM:
      return ErrorKind::no_permission;
    case EMFILE:
    case ENFILE:
      return ErrorKind::too_many_files;
    case ENOMEM:
      return ErrorKind::out_of_memory;
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case ENXIO:
      return ErrorKind::wrong_type;
    case EFBIG:
    case ENAMETOOLONG:
      return ErrorKind::too_large;
    case EINVAL:
      return ErrorKind::invalid;
    default:
      return ErrorKind::io;
  }
}

}  // namespace

std::string Error::message() const {
  if (number == 0) return context;
  return context + ": " + std::generic_category().message(number);
}

Error system_error(int number, std::string_view doing, std::string_view what) {
  std::string context{doing};
  context += ' ';
  context += what;
  return Error{kind_of(number), std::move(context), number};
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::exists:
      return "exists";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::no_space:
      return "no_space";
    case ErrorKind::read_only:
      return "read_only";
    case ErrorKind::no_permission:
      return "no_permission";
    case ErrorKind::too_many_files:
      return "too_many_files";
    case ErrorKind::out_of_memory:
      return "out_of_memory";
    case ErrorKind::wrong_type:
      return "wrong_type";
    case ErrorKind::too_large:
      return "too_large";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::gone:
      return "gone";
    case ErrorKind::unknown:
      return "unknown";
    case ErrorKind::io:
      return "io";
  }
  return "io";
}

bool is_storage_trouble(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::no_space:
    case ErrorKind::read_only:
    case ErrorKind::too_many_files:
    case ErrorKind::out_of_memory:
    case ErrorKind::no_permission:
    case ErrorKind::unknown:
    case ErrorKind::io:
      return true;
    default:
      return false;
  }
}

}  // namespace spoold
