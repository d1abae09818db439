#include "gateway/secret.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace keelrow::gateway {
namespace {

Code CodeOf(const fs::path& folder) {
  try {
    LoadOrCreateSecret(folder);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "the secret was accepted";
  return Code::kInternal;
}

TEST(Secret, IsMadeOnceAndPrivate) {
  const TemporaryFolder folder;
  const std::string secret = LoadOrCreateSecret(folder.path() / "deep" / "er");
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_EQ(LoadOrCreateSecret(folder.path() / "deep" / "er"), secret);
  const fs::path file = folder.path() / "deep" / "er" / "token_secret";
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NE(LoadOrCreateSecret(folder.path()), secret);
}

TEST(Secret, RacersAgree) {
  const TemporaryFolder folder;
  std::vector<std::string> secrets(8);
  {
    std::vector<std::jthread> racers;
    for (std::string& secret : secrets) {
      racers.emplace_back([&] { secret = LoadOrCreateSecret(folder.path()); });
    }
  }
  EXPECT_EQ(std::set<std::string>(secrets.begin(), secrets.end()).size(), 1u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(Secret, RefusesWhatOthersCanRead) {
  const TemporaryFolder folder;
  LoadOrCreateSecret(folder.path());
  const fs::path file = folder.path() / "token_secret";
  for (const fs::perms extra :
       {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | extra);
    EXPECT_EQ(CodeOf(folder.path()), Code::kPermission);
  }
}

TEST(Secret, RefusesOtherSizesLinksAndFolders) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "token_secret";
  for (const size_t size : {size_t{0}, size_t{31}, size_t{33}}) {
    WriteFileDurably(file, std::string(size, 'x'));
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(CodeOf(folder.path()), Code::kCorrupt) << size;
  }
  fs::rename(file, folder.path() / "target");
  fs::create_symlink(folder.path() / "target", file);
  EXPECT_EQ(CodeOf(folder.path()), Code::kIo);
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_EQ(CodeOf(folder.path()), Code::kPermission);
}

}  // namespace
}  // namespace keelrow::gateway
