#include "signals/line_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace keelrow::signals {
namespace {

std::vector<fs::path> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

TEST(LineFiles, BeginANewFileAndForgetTheOldest) {
  const TemporaryFolder folder;
  const fs::path log = folder.path() / "log";
  {
    LineFiles files({.folder = log, .file_bytes = 100, .files = 3});
    for (int i = 0; i < 50; ++i) files.Append(std::string(30, 'a' + i % 26));
  }
  const std::vector<fs::path> files = FilesIn(log);
  ASSERT_EQ(files.size(), 3U);
  for (const fs::path& file : files) EXPECT_LE(fs::file_size(file), 100U);
  EXPECT_EQ(ReadFile(files.back()).substr(31, 30), std::string(30, 'a' + 49 % 26));
  EXPECT_EQ(fs::status(files.back()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

/// What a full disk does: a write that takes only a part. A limit on the size of files does the
/// same.
TEST(LineFiles, OfALineThatDoesNotFitNothingStays) {
  const TemporaryFolder folder;
  LineFiles files({.folder = folder.path()});
  files.Append("whole");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  EXPECT_THROW(files.Append(std::string(100, 'x')), Error);
  EXPECT_THROW(files.Append(std::string(100, 'y')), Error);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  files.Append("again");
  EXPECT_EQ(ReadFile(FilesIn(folder.path()).at(0)), "whole\nagain\n");
}

TEST(LineFiles, WhatAKilledProcessLeftHalfIsCutOff) {
  const TemporaryFolder folder;
  const fs::path left = folder.path() / "predictions-20260101T000000-1-000000.jsonl";
  const fs::path none = folder.path() / "predictions-20260101T000000-1-000001.jsonl";
  WriteFileDurably(left, "one\ntwo\nhal");
  WriteFileDurably(none, std::string(200'000, 'x'));
  const LineFiles files({.folder = folder.path()});
  EXPECT_EQ(ReadFile(left), "one\ntwo\n");
  EXPECT_EQ(ReadFile(none), "");
}

TEST(LineFiles, AFileThatIsBeingWrittenIsLeftAlone) {
  const TemporaryFolder folder;
  LineFiles writer({.folder = folder.path()});
  writer.Append("whole");
  const fs::path file = FilesIn(folder.path()).at(0);
  {
    const Descriptor half(::open(file.c_str(), O_WRONLY | O_APPEND));
    ASSERT_EQ(::write(half.get(), "half", 4), 4);
  }
  const LineFiles other({.folder = folder.path()});
  EXPECT_EQ(ReadFile(file), "whole\nhalf");
}

TEST(LineFiles, TwoWritersOfOneFolderTakeNothingFromEachOther) {
  const TemporaryFolder folder;
  LineFiles first({.folder = folder.path(), .file_bytes = 100, .files = 2});
  LineFiles second({.folder = folder.path(), .file_bytes = 100, .files = 2});
  first.Append("of the first");
  const fs::path live = FilesIn(folder.path()).at(0);
  for (int i = 0; i < 50; ++i) second.Append(std::string(60, 's'));
  ASSERT_TRUE(fs::exists(live)) << "it is being written";
  first.Append("and more");
  EXPECT_EQ(ReadFile(live), "of the first\nand more\n");
  EXPECT_LE(FilesIn(folder.path()).size(), 3U);
  for (int i = 0; i < 50; ++i) first.Append(std::string(60, 'f'));
  EXPECT_LE(FilesIn(folder.path()).size(), 3U);
}

TEST(LineFiles, AFolderThatWasThereKeepsItsPermissions) {
  const TemporaryFolder folder;
  const fs::path shared = folder.path() / "shared";
  fs::create_directory(shared);
  const fs::perms given = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec;
  fs::permissions(shared, given);
  LineFiles({.folder = shared}).Append("line");
  EXPECT_EQ(fs::status(shared).permissions(), given);
  LineFiles({.folder = shared / "own/"}).Append("line");
  EXPECT_EQ(fs::status(shared / "own").permissions(), fs::perms::owner_all);
}

TEST(LineFiles, AProcessThatIsKilledLeavesWholeLines) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    LineFiles files({.folder = folder.path(), .file_bytes = uint64_t{1} << 30});
    while (true) files.Append(std::string(3000, 'k'));
  }
  const auto grown = [&] {
    const auto files = FilesIn(folder.path());
    return !files.empty() && fs::file_size(files[0]) > 1'000'000;
  };
  while (!grown()) ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  { const LineFiles next({.folder = folder.path()}); }
  const std::string text = ReadFile(FilesIn(folder.path()).at(0));
  ASSERT_EQ(text.size() % 3001, 0U);
  EXPECT_EQ(text.back(), '\n');
}

}  // namespace
}  // namespace keelrow::signals
