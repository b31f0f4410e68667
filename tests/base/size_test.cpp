#include "base/size.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace spoold;

TEST_CASE("a size is read in each unit") {
  struct Case {
    const char* text;
    std::uint64_t bytes;
  };
  for (const Case& c :
       {Case{"0", 0}, Case{"4096", 4096}, Case{"12B", 12}, Case{"64KiB", 65536}, Case{"1MiB", 1048576},
        Case{"1.5GiB", 1610612736}, Case{"2TiB", 2199023255552}, Case{"2kB", 2000}, Case{"3MB", 3000000},
        Case{"4GB", 4000000000}, Case{"1TB", 1000000000000}, Case{"0.5KiB", 512}}) {
    INFO(c.text);
    const auto parsed = parse_size(c.text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == c.bytes);
  }
}

TEST_CASE("a size keeps every byte up to the largest") {
  CHECK(*parse_size("9007199254740993") == 9007199254740993U);
  CHECK(*parse_size("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(parse_size("18446744073709551616").has_error());
  CHECK(parse_size("16777216TiB").has_error());
}

TEST_CASE("what is no size is refused, and the text says what is one") {
  for (const char* text : {"", " ", "MiB", "-1", "+1", "1 MiB", "1mib", "1K", "1M", "1.5", "1.5B", "1e3",
                           "0x10", "inf", "nan", ".", "1MiB ", "1MiB1KiB"}) {
    INFO(text);
    const auto parsed = parse_size(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().kind == ErrorKind::invalid);
    CHECK(parsed.error().context.find("is no size: write") != std::string::npos);
  }
}

TEST_CASE("a size is written for people") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(812) == "812 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1 KiB");
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_size(64U << 20U) == "64 MiB");
  CHECK(format_size(std::numeric_limits<std::uint64_t>::max()) == "16 EiB");
}

TEST_CASE("a size that rounds up to the next unit is written in it") {
  CHECK(format_size((1U << 20U) - 1) == "1 MiB");
  CHECK(format_size((10U << 10U) - 1) == "10 KiB");
  CHECK(format_size((2U << 10U) + 1) == "2 KiB");
}
