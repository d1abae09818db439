// The small parts of base/ that have no file of tests of their own.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include "base/digest_cache.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/queue.h"
#include "base/random.h"
#include "base/stop.h"
#include "base/text.h"

namespace keelrow {
namespace {

TEST(ErrorTable, HasOneRowForEveryCodeInOrder) {
  std::set<std::string_view> numbers;
  std::set<std::string_view> names;
  for (size_t i = 0; i < ErrorTable().size(); ++i) {
    const CodeInfo& row = ErrorTable()[i];
    EXPECT_EQ(static_cast<size_t>(row.code), i) << row.number;
    EXPECT_TRUE(numbers.insert(row.number).second) << row.number;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(FindCode(row.number), &row);
    EXPECT_FALSE(row.help.empty());
  }
  EXPECT_EQ(ErrorTable().back().code, Code::kInterrupted);
}

TEST(Error, RendersPlaceHintAndCauses) {
  const Error inner(Code::kIo, "the disk went away");
  const Error outer = inner.Wrap("cannot read keelrow.yaml").At({"keelrow.yaml", 3, 5});
  const std::string text = outer.Render();
  EXPECT_NE(text.find("error[K0203]: cannot read keelrow.yaml"), std::string::npos) << text;
  EXPECT_NE(text.find("--> keelrow.yaml:3:5"), std::string::npos) << text;
  EXPECT_NE(text.find("because: the disk went away"), std::string::npos) << text;
}

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(std::string_view("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(HmacSha256("key", "The quick brown fox jumps over the lazy dog")),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_TRUE(EqualInConstantTime("same", "same"));
  EXPECT_FALSE(EqualInConstantTime("same", "sane"));
}

TEST(Random, StreamsAreRepeatableAndApart) {
  EXPECT_EQ(Random(7, "shuffle", {1}).Next(), Random(7, "shuffle", {1}).Next());
  EXPECT_NE(Random(7, "shuffle", {1}).Next(), Random(7, "shuffle", {2}).Next());
  EXPECT_NE(Random(7, "shuffle", {1}).Next(), Random(7, "augment", {1}).Next());
  EXPECT_NE(Random(7, "shuffle", {1}).Next(), Random(8, "shuffle", {1}).Next());
}

TEST(Random, UniformHasTheRightMeanAndBelowTheRightRange) {
  Random random(1, "test");
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += random.Uniform();
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.Below(3), 3U);
}

TEST(Json, DepthAndSizeAreBounded) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  ASSERT_FALSE(ParseJson(deep, "deep").ok());
  EXPECT_EQ(ParseJson(deep, "deep").error().code(), Code::kLimit);
  EXPECT_EQ(ParseJson("[1,2]", "big", {.size_max = 2}).error().code(), Code::kLimit);
  EXPECT_TRUE(ParseJson(R"({"a":"[[[["})", "brackets in strings", {.depth_max = 1}).ok());
}

TEST(Json, SyntaxErrorsHaveAPlace) {
  const Error error = ParseJson("{\n  \"a\": tru\n}", "x.json").error();
  EXPECT_EQ(error.code(), Code::kSyntax);
  EXPECT_EQ(error.place().line, 2);
}

TEST(Files, DurableWriteReplacesAndLeavesNoDraft) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.txt";
  WriteFileDurably(file, "one");
  WriteFileDurably(file, "two");
  EXPECT_EQ(ReadFile(file), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(Files, FailuresNameTheirKind) {
  const TemporaryFolder folder;
  try {
    ReadFile(folder.path() / "absent");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kNotFound);
  }
  WriteFileDurably(folder.path() / "big", std::string(100, 'x'));
  try {
    ReadFile(folder.path() / "big", 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kLimit);
  }
}

/// Makes every file end at `bytes`, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(Files, AFullDiskIsSaidAndTheOldFileStays) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  WriteFileDurably(file, "old");
  try {
    const FileSizeLimit limit(10);
    WriteFileDurably(file, std::string(1000, 'x'));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kDiskFull);
  }
  EXPECT_EQ(ReadFile(file), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(Files, PublishRefusesToReplace) {
  const TemporaryFolder folder;
  MakeFolders(folder.path() / "from");
  MakeFolders(folder.path() / "to");
  WriteFileDurably(folder.path() / "to" / "x", "x");
  try {
    PublishFolder(folder.path() / "from", folder.path() / "to");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kConflict);
  }
}

TEST(FileLock, IsExclusiveAndFreedAtTheEnd) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "lock";
  {
    const FileLock held(file, std::chrono::seconds(1));
    EXPECT_FALSE(FileLock::TryAcquire(file).has_value());
  }
  EXPECT_TRUE(FileLock::TryAcquire(file).has_value());
}

TEST(FileLock, IsSharedByReadersAndShutsWritersOut) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "lock";
  constexpr auto kShared = FileLock::Mode::kShared;
  {
    const auto one = FileLock::TryAcquire(file, kShared);
    const auto other = FileLock::TryAcquire(file, kShared);
    EXPECT_TRUE(one && other);
    EXPECT_FALSE(FileLock::TryAcquire(file));
  }
  const auto alone = FileLock::TryAcquire(file);
  EXPECT_TRUE(alone);
  EXPECT_FALSE(FileLock::TryAcquire(file, kShared));
}

TEST(DigestCache, SeesEveryChange) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  WriteFileDurably(file, "one");
  DigestCache cache(folder.path() / "digests");
  EXPECT_EQ(cache.Digest(file), Sha256Hex(std::string_view("one")));
  WriteFileDurably(file, "two");
  EXPECT_EQ(cache.Digest(file), Sha256Hex(std::string_view("two")));
}

TEST(Queue, IsBoundedAndDrainsAfterClose) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_TRUE(queue.TryPush(2));
  EXPECT_FALSE(queue.TryPush(3));
  queue.Close();
  EXPECT_FALSE(queue.Push(4));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(ParallelFor, DoesEverythingOnceAndPassesTheFirstFailureOn) {
  std::vector<int> done(1000, 0);
  ParallelFor(
      done.size(), [&](size_t i) { ++done[i]; }, 4);
  EXPECT_EQ(std::count(done.begin(), done.end(), 1), 1000);
  EXPECT_THROW(ParallelFor(
                   10,
                   [](size_t i) {
                     if (i == 3) throw Error(Code::kIo, "three");
                   },
                   2),
               Error);
}

TEST(Process, GivesLinesAndExitCode) {
  std::vector<std::string> lines;
  Process process({.arguments = {"/bin/sh", "-c", "echo one; echo two; exit 3"}});
  const ExitStatus status = process.Wait([&](const std::string& line) { lines.push_back(line); });
  EXPECT_EQ(status.code, 3);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
}

TEST(Process, ASignalledChildIsReported) {
  Process process({.arguments = {"/bin/sh", "-c", "kill -9 $$"}});
  EXPECT_EQ(process.Wait().signal, 9);
}

TEST(Process, MayCloseItsOutputAndWorkOn) {
  const TemporaryFolder folder;
  const std::string script = "echo one; exec >&-; sleep 0.2; touch done; exit 4";
  Process process({.arguments = {"/bin/sh", "-c", script}, .folder = folder.path()});
  EXPECT_EQ(process.Wait().code, 4);
  EXPECT_TRUE(fs::exists(folder.path() / "done"));
}

TEST(Process, WhatItLeavesBehindHoldsNobodyUp) {
  for (const char* leave : {"sleep 60 & echo $!", "setsid sleep 2 & echo $!"}) {
    const auto start = std::chrono::steady_clock::now();
    std::string line;
    Process process({.arguments = {"/bin/sh", "-c", leave}});
    EXPECT_TRUE(process.Wait([&](const std::string& text) { line = text; }).ok());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << leave;
    EXPECT_NE(line, "");
  }
}

TEST(Text, Utf8IsWellFormedOrNot) {
  for (const char* text : {"", "a", "é", "€", "😀", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(IsUtf8(text)) << text;
  for (const char* text : {"\xff", "\x80", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

TEST(Text, SuggestsNearNamesOnly) {
  const std::vector<std::string> names = {"augment", "prepare", "train"};
  EXPECT_EQ(DidYouMean("augmnet", names), "did you mean `augment`?");
  EXPECT_EQ(DidYouMean("serve", names), "");
}

}  // namespace
}  // namespace keelrow
