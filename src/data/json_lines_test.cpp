#include "data/json_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "data/duckdb.h"

namespace keelrow::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<JsonColumn> kColumns = {
    {"id", "VARCHAR"}, {"time", "TIMESTAMPTZ"}, {"ms", "DOUBLE"}, {"body", "STRUCT(json JSON)"}};

bool Always() {
  return true;
}

class JsonLinesTest : public testing::Test {
 protected:
  /// A name that is a pattern to DuckDB, and has a quote.
  fs::path from() const { return folder_.path() / "it's [a]*.jsonl"; }
  fs::path to() const { return folder_.path() / "it's [a]*.parquet"; }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(JsonLinesTest, BecomeParquetWithTheGivenTypes) {
  WriteFileDurably(
      from(), R"({"id": "1", "time": "2026-11-28T09:39:18.123Z", "ms": 2, "body": {"json": [1]}})"
              "\n"
              R"({"id": "2", "body": {}, "other": 5})"
              "\n");
  EXPECT_EQ(ParquetFromJsonLines(from(), to(), kColumns, Always), 2U);
  const TextTable table = ReadTable(to());
  EXPECT_THAT(table.columns, ElementsAre("id", "time", "ms", "body"));
  EXPECT_EQ(table.rows.at(0).at(1), "2026-11-28 09:39:18.123+00");
  EXPECT_EQ(table.rows.at(0).at(2), "2.0");
  EXPECT_EQ(table.rows.at(1).at(2), std::nullopt);
  EXPECT_EQ(fs::status(to()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(Names(), ElementsAre("it's [a]*.jsonl", "it's [a]*.parquet"));
}

/// Longer than what DuckDB takes by itself (16 MiB).
TEST_F(JsonLinesTest, ALineMayBeLong) {
  const std::string text(20 << 20, 'x');
  WriteFileDurably(from(), "{\"id\": \"" + text + "\"}\n");
  EXPECT_EQ(ParquetFromJsonLines(from(), to(), kColumns, Always), 1U);
  EXPECT_EQ(ReadTable(to()).rows.at(0).at(0), text);
}

TEST_F(JsonLinesTest, WhatCannotBeReadLeavesNothing) {
  for (const std::string bad : {"{\"id\": \"1\"}\n{\"id\": \n", "{\"ms\": \"slow\"}\n", "\n"}) {
    WriteFileDurably(from(), bad);
    EXPECT_THROW(ParquetFromJsonLines(from(), to(), kColumns, Always), Error) << bad;
    EXPECT_THAT(Names(), ElementsAre("it's [a]*.jsonl"));
  }
}

TEST_F(JsonLinesTest, EndsWhenItIsNotWantedAnyMore) {
  std::string lines;
  for (int i = 0; i < 200'000; ++i) lines += "{\"id\": \"" + std::to_string(i) + "\"}\n";
  WriteFileDurably(from(), lines);
  int asked = 0;
  EXPECT_EQ(ParquetFromJsonLines(from(), to(), kColumns, [&] { return ++asked < 3; }),
            std::nullopt);
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(Names(), ElementsAre("it's [a]*.jsonl"));
}

}  // namespace
}  // namespace keelrow::data
