#include "signals/parquet_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "data/duckdb.h"
#include "signals/line_files.h"

namespace keelrow::signals {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

class ParquetFilesTest : public testing::Test {
 protected:
  ParquetFilesOptions Options() const { return {.folder = log(), .columns = {{"n", "BIGINT"}}}; }

  fs::path log() const { return folder_.path() / "log"; }

  std::vector<fs::path> FilesOf(const std::string& ending) const {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(log(), ignored)) {
      if (entry.path().extension() == ending) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  /// In the order of the files, those of Parquet first.
  std::vector<int> Rows() const {
    std::vector<int> rows;
    for (const std::string ending : {kParquetEnding, kLinesEnding}) {
      for (const fs::path& file : FilesOf(ending)) {
        if (fs::file_size(file) == 0) continue;
        for (const auto& row : data::ReadTable(file).rows) rows.push_back(std::stoi(*row.at(0)));
      }
    }
    return rows;
  }

  template <class F>
  static void Eventually(const F& holds) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it never came";
      std::this_thread::sleep_for(2ms);
    }
  }

  static std::string Line(int n) { return "{\"n\": " + std::to_string(n) + "}"; }

  TemporaryFolder folder_;
};

std::vector<int> UpTo(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

/// Both together, as the request log has them.
struct Writer {
  std::optional<ParquetFiles> parquet;
  LineFiles lines;

  Writer(const ParquetFilesOptions& options, uint64_t bytes, size_t files)
      : lines({.folder = options.folder, .file_bytes = bytes, .files = files, .on_closed = [this] {
                 parquet->Wake();
               }}) {
    parquet.emplace(options);
  }
};

TEST_F(ParquetFilesTest, FilesAreConvertedWhenTheNextBeginsAndTheLastAtTheEnd) {
  {
    Writer writer(Options(), 100, 100);
    for (int i = 0; i < 50; ++i) writer.lines.Append(Line(i));
    Eventually([&] { return FilesOf(kLinesEnding).size() == 1; });
    EXPECT_GT(FilesOf(kParquetEnding).size(), 3U);
    EXPECT_EQ(Rows(), UpTo(50));
  }
  EXPECT_THAT(FilesOf(kLinesEnding), ElementsAre());
  EXPECT_EQ(Rows(), UpTo(50));
  for (const auto& entry : fs::directory_iterator(log())) {
    EXPECT_EQ(entry.path().extension(), kParquetEnding) << "nothing else is left";
  }
}

TEST_F(ParquetFilesTest, TheirNumberIsBoundedInBothForms) {
  Writer writer(Options(), 20, 3);  // two lines a file
  for (int i = 0; i < 20; ++i) {
    writer.lines.Append(Line(i));
    if (i % 7 == 6) Eventually([&] { return FilesOf(kLinesEnding).size() == 1; });
  }
  Eventually([&] { return FilesOf(kLinesEnding).size() == 1; });
  writer.lines.Append(Line(20));  // what was being converted before is not any more
  Eventually([&] { return FilesOf(kLinesEnding).size() == 1; });
  EXPECT_EQ(FilesOf(kParquetEnding).size(), 2U);
  EXPECT_EQ(Rows(), (std::vector<int>{16, 17, 18, 19, 20}));
}

TEST_F(ParquetFilesTest, WhatAnEarlierRunLeftIsConvertedWithoutItsHalfLine) {
  MakeFolders(log());
  WriteFileDurably(log() / "predictions-1.jsonl", Line(1) + "\n" + Line(2) + "\n{\"n\": 3");
  WriteFileDurably(log() / "predictions-2.jsonl", Line(3) + "\n");
  WriteFileDurably(log() / "predictions-2.parquet", "as a crash of the machine may leave it");
  WriteFileDurably(log() / ".predictions-2.parquet.draft", "half");
  WriteFileDurably(log() / ".predictions-0.parquet.draft", "of lines that are gone");
  WriteFileDurably(log() / "others-1.jsonl", Line(4) + "\n");
  const ParquetFiles files(Options());
  Eventually([&] { return FilesOf(kLinesEnding).size() == 1; });
  EXPECT_THAT(FilesOf(".draft"), ElementsAre());
  EXPECT_THAT(Rows(), ElementsAre(1, 2, 3, 4)) << "the other's stays as it is";
}

TEST_F(ParquetFilesTest, AFileThatIsBeingWrittenIsLeftAlone) {
  LineFiles lines({.folder = log()});
  lines.Append(Line(1));
  { const ParquetFiles files(Options()); }
  EXPECT_EQ(FilesOf(kLinesEnding).size(), 1U);
  EXPECT_THAT(FilesOf(kParquetEnding), ElementsAre());
  lines.Append(Line(2));
  EXPECT_THAT(Rows(), ElementsAre(1, 2));
}

TEST_F(ParquetFilesTest, WhatCannotBeConvertedStaysAndIsCountedOnce) {
  MakeFolders(log());
  const std::string bad = "{\"n\": \"no number\"}\n";
  WriteFileDurably(log() / "predictions-1.jsonl", bad);
  WriteFileDurably(log() / "predictions-2.jsonl", Line(2) + "\n");
  ParquetFiles files(Options());
  Eventually([&] { return FilesOf(kParquetEnding).size() == 1; });
  EXPECT_EQ(files.failures(), 1U);
  WriteFileDurably(log() / "predictions-3.jsonl", Line(3) + "\n");
  files.Wake();
  Eventually([&] { return FilesOf(kParquetEnding).size() == 2; });
  EXPECT_EQ(files.failures(), 1U);
  EXPECT_EQ(ReadFile(log() / "predictions-1.jsonl"), bad);
}

/// The child says which lines have been written; none of them may be missing, and none be there
/// twice, wherever in the conversions the kill hits it.
TEST_F(ParquetFilesTest, AKillLosesNoLineThatWasWritten) {
  int written = 0;
  for (int round = 0; round < 3; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Writer writer(Options(), 1000, 100'000);
      for (int i = written;; ++i) {
        writer.lines.Append(Line(i));
        if (::write(pipe[1], &i, sizeof i) != sizeof i) ::_exit(1);
        ::usleep(100);
      }
    }
    ::close(pipe[1]);
    const auto end = std::chrono::steady_clock::now() + 60s;
    const size_t before = FilesOf(kParquetEnding).size();
    int last = 0;
    while (FilesOf(kParquetEnding).size() < before + 2 + round) {
      ASSERT_EQ(::read(pipe[0], &last, sizeof last), ssize_t{sizeof last});
      ASSERT_LT(std::chrono::steady_clock::now(), end);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(pipe[0], &last, sizeof last) == sizeof last) {
    }
    ::close(pipe[0]);
    written = last + 1;
    {
      const ParquetFiles next(Options());
      Eventually([&] { return FilesOf(kLinesEnding).empty(); });  // its end has no patience for all
    }
    const std::vector<int> rows = Rows();
    // One more may have been written before its number was said.
    ASSERT_GE(rows.size(), static_cast<size_t>(written));
    ASSERT_LE(rows.size(), static_cast<size_t>(written) + 1);
    ASSERT_THAT(FilesOf(kLinesEnding), ElementsAre());
    std::vector<int> sorted = rows;
    std::ranges::sort(sorted);
    ASSERT_EQ(sorted, UpTo(static_cast<int>(rows.size())));
    written = static_cast<int>(rows.size());
  }
}

}  // namespace
}  // namespace keelrow::signals
