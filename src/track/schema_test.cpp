// The schema as a file: a change of it is a change that a reviewer sees.

#include "track/schema.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace keelrow::track {
namespace {

std::string SchemaOf(Database& database) {
  std::string text;
  for (const char* pragma : {"application_id", "user_version"}) {
    Statement row = database.Query(std::string("PRAGMA ") + pragma);
    row.Step();
    text += std::string("-- ") + pragma + " " + row.Text(0) + "\n";
  }
  Statement rows = database.Query(
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
      "ORDER BY name");
  while (rows.Step()) text += rows.Text(0) + ";\n";
  return text;
}

TEST(Schema, IsTheGoldenOne) {
  const TemporaryFolder folder;
  Database database(folder.path() / "store.db");
  Migrate(database, "store.db");
  const fs::path golden = fs::path(KEELROW_SOURCE_DIR) / "tests/golden/store_schema.sql";
  const std::string schema = SchemaOf(database);
  if (std::getenv("KEELROW_UPDATE_GOLDEN") != nullptr) WriteFileDurably(golden, schema);
  EXPECT_EQ(schema, ReadFile(golden)) << "if this is meant, run with KEELROW_UPDATE_GOLDEN=1";
}

TEST(Schema, MigratingTwiceChangesNothing) {
  const TemporaryFolder folder;
  Database database(folder.path() / "store.db");
  Migrate(database, "store.db");
  const std::string schema = SchemaOf(database);
  Migrate(database, "store.db");
  EXPECT_EQ(SchemaOf(database), schema);
}

}  // namespace
}  // namespace keelrow::track
