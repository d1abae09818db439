#include "deploy/publish.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace keelrow::deploy {
namespace {

class Publish : public testing::Test {
 protected:
  fs::path File(const std::string& name) const { return folder_.path() / "out" / name; }
  void Write(const std::string& a, const std::string& b, bool overwrite = false) const {
    PublishFiles(folder_.path() / "out", {{"a.yml", a}, {"deep/b.yml", b}}, overwrite);
  }
  void ExpectRefused(const std::string& a, const std::string& b) const {
    try {
      Write(a, b);
      ADD_FAILURE() << "not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kConflict);
    }
  }
  TemporaryFolder folder_;
};

TEST_F(Publish, ItsOwnFilesAreReplaced) {
  Write("a1", "b1");
  Write("a2", "b2");
  EXPECT_EQ(ReadFile(File("a.yml")), "a2");
  EXPECT_EQ(ReadFile(File("deep/b.yml")), "b2");
}

TEST_F(Publish, AChangedFileIsKeptAndNothingIsWritten) {
  Write("a1", "b1");
  WriteFileDurably(File("deep/b.yml"), "mine");
  ExpectRefused("a2", "b2");
  EXPECT_EQ(ReadFile(File("a.yml")), "a1");
  EXPECT_EQ(ReadFile(File("deep/b.yml")), "mine");
  Write("a2", "b2", true);
  EXPECT_EQ(ReadFile(File("deep/b.yml")), "b2");
  Write("a3", "b3");  // ours again
}

TEST_F(Publish, AFileThatWasThereBeforeIsKept) {
  MakeFolders(File(""));
  WriteFileDurably(File("a.yml"), "theirs");
  ExpectRefused("a1", "b1");
  EXPECT_FALSE(fs::exists(File("deep")));
}

TEST_F(Publish, AFileThatIsAsItShallBeIsNoConflict) {
  MakeFolders(File(""));
  WriteFileDurably(File("a.yml"), "a1");
  Write("a1", "b1");
}

TEST_F(Publish, ALinkAndAForeignListAreKept) {
  MakeFolders(File(""));
  WriteFileDurably(folder_.path() / "target", "a1");
  fs::create_symlink(folder_.path() / "target", File("a.yml"));
  ExpectRefused("a1", "b1");
  EXPECT_EQ(ReadFile(folder_.path() / "target"), "a1");
  fs::remove(File("a.yml"));
  WriteFileDurably(File("SHA256SUMS"), "a list of something else\n");
  ExpectRefused("a1", "b1");
  EXPECT_EQ(ReadFile(File("SHA256SUMS")), "a list of something else\n");
}

}  // namespace
}  // namespace keelrow::deploy
