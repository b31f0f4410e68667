#include <catch2/catch.hpp>

#include "backend/sqlite_script.hpp"

using spoold::count_statements;

TEST_CASE("statements are counted as a person would") {
  CHECK(count_statements("") == 0);
  CHECK(count_statements(" ; ;; -- x\n /* y; */ ;") == 0);
  CHECK(count_statements("SELECT 1") == 1);
  CHECK(count_statements("SELECT 1;") == 1);
  CHECK(count_statements("SELECT 1; SELECT 2") == 2);
  CHECK(count_statements("SELECT ';', \";\", `;`, [;] -- ;\n; SELECT 2 /* ; */;") == 2);
  CHECK(count_statements("SELECT 'it''s; fine'; SELECT 'not closed; ") == 2);
}

TEST_CASE("a trigger's body belongs to its statement") {
  CHECK(count_statements(
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE "
            "FROM a; /* ; */ END; SELECT 1") == 2);
  CHECK(count_statements("explain create temporary trigger t after insert on a begin select 1; end") == 1);
  CHECK(count_statements("CREATE TABLE trigger_like(x); SELECT 1; END;") == 3);
}
