#include <catch2/catch.hpp>

#include "backend/sqlite_bench.hpp"

using namespace spoold;
using namespace spoold::test;

namespace {

std::string entry(const std::string& sql, const std::string& params) {
  return R"({"sql": )" + Json(sql).dump() + R"(, "params": )" + params + "}";
}

}  // namespace

TEST_CASE("JSON values become what SQLite has for them") {
  SqliteBench bench;
  CHECK(bench.perform(
            entry("INSERT INTO item VALUES (?, ?), (1, 0), (2, ?), (?, ?), (3, ?), (4, ?), (5, ?), (6, ?)",
                  "[10, null, false, 11, -9223372036854775808, 9223372036854775807, 1.5, \"te'xt\", "
                  "[1, {\"k\": null}]]")) == "done");
  CHECK(bench.query("SELECT value, typeof(value) FROM item ORDER BY id") ==
        "0|integer 0|integer 9223372036854775807|integer 1.5|real te'xt|text [1,{\"k\":null}]|text NULL|null "
        "-9223372036854775808|integer");
  CHECK(bench.perform(entry("INSERT INTO item VALUES (20, ?)", "[true]")) == "done");
  CHECK(bench.query("SELECT value FROM item WHERE id = 20") == "1");
}

TEST_CASE("text is bound whole, with its quotes, its NULs and its other letters") {
  SqliteBench bench;
  CHECK(bench.perform(entry("INSERT INTO item VALUES (1, ?)", R"(["a\u0000b'); DROP TABLE item; --ß"])")) ==
        "done");
  CHECK(bench.query("SELECT length(CAST(value AS BLOB)) FROM item") == "28");
}

TEST_CASE("an integer that SQLite cannot hold is rejected, not rounded") {
  SqliteBench bench;
  CHECK(bench.perform(entry("INSERT INTO item VALUES (1, ?)", "[9223372036854775808]")) ==
        "reject: params[0] is 9223372036854775808, but integers in SQLite end at 9223372036854775807");
}

TEST_CASE("values are used up in order over several statements") {
  SqliteBench bench;
  CHECK(bench.perform(entry("INSERT INTO item VALUES (?, ?); DELETE FROM item WHERE id = 99; "
                            "INSERT INTO item VALUES (?2, ?1)",
                            R"([1, "a", "b", 2])")) == "done");
  CHECK(bench.query("SELECT id, value FROM item") == "1|a 2|b");
}

TEST_CASE("a wrong number of values is rejected and leaves nothing") {
  SqliteBench bench;
  CHECK(bench.perform(entry("INSERT INTO item VALUES (?, ?)", "[1]")) ==
        "reject: the statement takes 2 parameters, but params has 1 value");
  CHECK(bench.perform(entry("INSERT INTO item VALUES (?, 1)", "[]")) ==
        "reject: the statement takes 1 parameter, but params has 0 values");
  CHECK(bench.perform(entry("INSERT INTO item VALUES (?, 1)", "[1, 2]")) ==
        "reject: params has 2 values, but the SQL takes 1");
  CHECK(bench.perform(entry("INSERT INTO item VALUES (?, 1); INSERT INTO item VALUES (?, ?)", "[1, 2]")) ==
        "reject: statement 2 of 2: the statement takes 2 parameters, but params has 1 value left");
  CHECK(bench.perform(entry("SELECT 1", "[1]")) == "reject: params has 1 value, but the SQL takes 0");
  CHECK(bench.run("INSERT INTO item VALUES (?, ?)") ==
        "reject: the statement takes 2 parameters, but the entry has no params: add them as an array or an "
        "object");
  CHECK(bench.query("SELECT count(*) FROM item") == "0");
}

TEST_CASE("values are given by name, with or without the sign of the SQL") {
  SqliteBench bench;
  CHECK(bench.perform(entry("INSERT INTO item VALUES (:id, @value)", R"({"id": 1, "@value": "a"})")) ==
        "done");
  CHECK(bench.perform(entry("INSERT INTO item VALUES ($id, :v); UPDATE item SET value = :v WHERE id = :other",
                            R"({"v": "b", "id": 2, ":other": 1})")) == "done");
  CHECK(bench.query("SELECT id, value FROM item") == "1|b 2|b");
}

TEST_CASE("each name must be given and used") {
  SqliteBench bench;
  CHECK(bench.perform(entry("INSERT INTO item VALUES (:id, :value)", R"({"id": 1})")) ==
        "reject: the statement takes :value, which params does not give");
  CHECK(bench.perform(entry("INSERT INTO item VALUES (:id, 1)", R"({"id": 1, "valeu": 2})")) ==
        "reject: params gives 'valeu', which the SQL does not name");
  CHECK(bench.perform(entry("INSERT INTO item VALUES (?, :value)", R"({"value": 1})")) ==
        "reject: the statement has a parameter without a name (?), but params is an object: name it (:name), "
        "or give an "
        "array");
  CHECK(bench.perform(entry("SELECT 1", "{}")) == "done");
  CHECK(bench.perform(entry("SELECT 1", "[]")) == "done");
  CHECK(bench.query("SELECT count(*) FROM item") == "0");
}

TEST_CASE("a statement kept from an earlier entry does not keep its values") {
  SqliteBench bench;
  const std::string sql = "INSERT INTO item VALUES (:id, :value)";
  CHECK(bench.perform(entry(sql, R"({"id": 1, "value": "first"})")) == "done");
  CHECK(bench.perform(entry(sql, R"({"id": 2})")) ==
        "reject: the statement takes :value, which params does not give");
  CHECK(bench.perform(entry(sql, R"({"id": 2, "value": null})")) == "done");
  CHECK(bench.query("SELECT id, value FROM item") == "1|first 2|NULL");
}
