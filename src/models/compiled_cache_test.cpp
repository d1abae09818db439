#include "models/compiled_cache.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace keelrow::models {
namespace {

TEST(CompiledCache, IsMadeAndKept) {
  const TemporaryFolder folder;
  const fs::path cache = folder.path() / "compiled";
  EXPECT_EQ(OpenCompiledCache(cache), cache);
  WriteFileDurably(cache / "1.blob", "network");
  EXPECT_EQ(OpenCompiledCache(cache), cache);
  EXPECT_TRUE(fs::exists(cache / "1.blob"));
}

TEST(CompiledCache, TheOldestFilesGoBeyondItsBound) {
  const TemporaryFolder folder;
  const auto now = fs::file_time_type::clock::now();
  for (int i = 0; i < 3; ++i) {
    const fs::path blob = folder.path() / (std::to_string(i) + ".blob");
    WriteFileDurably(blob, "");
    fs::resize_file(blob, uintmax_t{1} << 30);  // without a block of it
    fs::last_write_time(blob, now - std::chrono::hours(i));
  }
  EXPECT_EQ(OpenCompiledCache(folder.path()), folder.path());
  EXPECT_TRUE(fs::exists(folder.path() / "0.blob"));
  EXPECT_TRUE(fs::exists(folder.path() / "1.blob"));
  EXPECT_FALSE(fs::exists(folder.path() / "2.blob"));
}

TEST(CompiledCache, WhereNothingCanBeWrittenThereIsNone) {
  EXPECT_EQ(OpenCompiledCache("/proc/none/compiled"), fs::path());
}

}  // namespace
}  // namespace keelrow::models
