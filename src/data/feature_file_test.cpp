#include "data/feature_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "data/duckdb.h"

namespace keelrow::data {
namespace {

class FeatureFileTest : public testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "features.parquet"; }
  TemporaryFolder folder_;
};

TEST_F(FeatureFileTest, HoldsEveryRowInOrder) {
  constexpr int kRows = 5000;  // more than two of DuckDB's vectors
  FeatureFile written(file(), 3);
  for (int i = 0; i < kRows; ++i) {
    const auto x = static_cast<float>(i);
    written.Add(fmt::format("a picture, number {}", i), i % 2 == 0 ? "even" : "odd",
                std::array{x, x + 0.5F, -x});
  }
  written.Finish();
  const TextTable table = RunSql(
      "SELECT id, label, features[1]::VARCHAR, features[2]::VARCHAR, len(features)::VARCHAR "
      "FROM read_parquet($1)",
      {file().string()});
  ASSERT_EQ(table.rows.size(), size_t{kRows});
  EXPECT_EQ(*table.rows[4321][0], "a picture, number 4321");
  EXPECT_EQ(*table.rows[4321][1], "odd");
  EXPECT_EQ(*table.rows[4321][2], "4321.0");
  EXPECT_EQ(*table.rows[4321][3], "4321.5");
  EXPECT_EQ(*table.rows[4321][4], "3");
}

TEST_F(FeatureFileTest, LeavesNothingBehindWhenItIsNotFinished) {
  WriteFileDurably(file(), "the old one");
  {
    FeatureFile written(file(), 2);
    written.Add("a", "b", std::array{1.0F, 2.0F});
  }
  EXPECT_EQ(ReadFile(file()), "the old one");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(FeatureFileTest, RefusesAnotherNumberOfFeatures) {
  FeatureFile written(file(), 2);
  EXPECT_THROW(written.Add("a", "b", std::array{1.0F}), Error);
}

TEST_F(FeatureFileTest, RefusesTextsThatParquetCannotHold) {
  FeatureFile written(file(), 1);
  EXPECT_THROW(written.Add("\xE9t\xE9.png", "b", std::array{1.0F}), Error);
}

TEST_F(FeatureFileTest, NeedsAFolder) {
  EXPECT_THROW(FeatureFile(folder_.path() / "none" / "features.parquet", 2), Error);
}

}  // namespace
}  // namespace keelrow::data
