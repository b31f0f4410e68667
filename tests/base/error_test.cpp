#include "base/error.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"

using namespace spoold;

namespace {

const std::vector<ErrorKind> all_kinds{ErrorKind::not_found,      ErrorKind::exists,
                                       ErrorKind::busy,           ErrorKind::no_space,
                                       ErrorKind::read_only,      ErrorKind::no_permission,
                                       ErrorKind::too_many_files, ErrorKind::out_of_memory,
                                       ErrorKind::wrong_type,     ErrorKind::too_large,
                                       ErrorKind::invalid,        ErrorKind::gone,
                                       ErrorKind::unknown,        ErrorKind::io};

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorKind::invalid, "odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  SPOOLD_TRY(half(number));
  return half(*half(number));
}

}  // namespace

TEST_CASE("errno becomes a kind") {
  struct Case {
    int number;
    ErrorKind kind;
  };
  for (const Case& c :
       {Case{ENOENT, ErrorKind::not_found}, Case{EEXIST, ErrorKind::exists}, Case{EAGAIN, ErrorKind::busy},
        Case{ENOSPC, ErrorKind::no_space}, Case{EDQUOT, ErrorKind::no_space},
        Case{EROFS, ErrorKind::read_only}, Case{EACCES, ErrorKind::no_permission},
        Case{EMFILE, ErrorKind::too_many_files}, Case{ENFILE, ErrorKind::too_many_files},
        Case{ENOMEM, ErrorKind::out_of_memory}, Case{ELOOP, ErrorKind::wrong_type},
        Case{EISDIR, ErrorKind::wrong_type}, Case{EFBIG, ErrorKind::too_large},
        Case{EINVAL, ErrorKind::invalid}, Case{EIO, ErrorKind::io}, Case{EXDEV, ErrorKind::io}}) {
    INFO(c.number);
    CHECK(system_error(c.number, "open", "x").kind == c.kind);
  }
}

TEST_CASE("a system error says what was done to what, and the system's own words") {
  const Error error = system_error(ENOENT, "open", "/a/b.json");
  CHECK(error.number == ENOENT);
  CHECK(error.message() == "open /a/b.json: No such file or directory");
}

TEST_CASE("an error without errno is its context alone") {
  CHECK(Error{ErrorKind::invalid, "`priority` is 11"}.message() == "`priority` is 11");
}

TEST_CASE("each kind has a word of its own") {
  std::set<std::string_view> words;
  for (const ErrorKind kind : all_kinds) words.insert(to_string(kind));
  CHECK(words.size() == all_kinds.size());
}

TEST_CASE("faults of the storage are told from faults of one file") {
  const std::set<ErrorKind> storage{ErrorKind::no_space,
                                    ErrorKind::read_only,
                                    ErrorKind::too_many_files,
                                    ErrorKind::out_of_memory,
                                    ErrorKind::no_permission,
                                    ErrorKind::unknown,
                                    ErrorKind::io};
  for (const ErrorKind kind : all_kinds) {
    INFO(to_string(kind));
    CHECK(is_storage_trouble(kind) == storage.contains(kind));
  }
}

TEST_CASE("a result holds a value or the first error") {
  CHECK(*quarter(12) == 3);
  CHECK(quarter(7).error().context == "odd");
  CHECK(quarter(6).error().context == "odd");
}
