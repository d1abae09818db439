#include "data/source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/data_for_test.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/stat_cache.h"
#include "data/duckdb.h"
#include "data/tar_for_test.h"

namespace keelrow::data {
namespace {

class SourceTest : public testing::Test {
 protected:
  void Put(const std::string& name, const std::string& content) {
    MakeFolders((Root() / name).parent_path());
    WriteFileDurably(Root() / name, content);
  }
  fs::path Root() const { return folder_.path() / "set"; }

  static std::vector<Example> List(const fs::path& path) {
    return OpenSource({.path = path})->List();
  }
  static Error Failure(const fs::path& path) {
    try {
      const auto examples = List(path);
      RequireClasses(examples, path.string());
    } catch (const Error& error) {
      return error;
    }
    return Error(Code::kInternal, "there was no error");
  }

  TemporaryFolder folder_;
};

TEST_F(SourceTest, FolderGivesLabelHashAndContent) {
  Put("cat/b.png", "bb");
  Put("cat/deep/a.png", "a");
  Put("dog/c.png", "ccc");
  Put("dog/.DS_Store", "hidden");
  Put("README.txt", "not in a class");
  const auto source = OpenSource({.path = Root()});
  const auto examples = source->List();
  ASSERT_EQ(examples.size(), 3U);
  EXPECT_EQ(examples[0].id, "cat/b.png");
  EXPECT_EQ(examples[1].id, "cat/deep/a.png");
  EXPECT_EQ(examples[1].label, "cat");
  EXPECT_EQ(examples[2].label, "dog");
  EXPECT_EQ(examples[2].size, 3U);
  EXPECT_EQ(examples[2].content_hash, Sha256Hex("ccc"));
  EXPECT_EQ(source->Read(examples[2]).Value(), "ccc");
}

TEST_F(SourceTest, TarEqualsTheFolderItWasMadeOf) {
  Put("cat/b.png", "bb");
  Put("dog/c.png", "ccc");
  WriteFileDurably(folder_.path() / "set.tar", TarWriter()
                                                   .Add({.name = "set/dog/c.png", .content = "ccc"})
                                                   .Add({.name = "set/cat/b.png", .content = "bb"})
                                                   .Add({.name = "set/cat/._b.png"})
                                                   .Finish());
  const auto source = OpenSource({.path = folder_.path() / "set.tar"});
  const auto examples = source->List();
  EXPECT_EQ(SetHash(examples), SetHash(List(Root())));
  EXPECT_EQ(source->Read(examples[1]).Value(), "ccc");
}

TEST_F(SourceTest, TarWithoutPrefix) {
  WriteFileDurably(
      folder_.path() / "set.tar",
      TarWriter().Add({.name = "dog/c.png", .content = "ccc"}).Add({.name = "cat/b.png"}).Finish());
  const auto examples = List(folder_.path() / "set.tar");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].label, "cat");
  EXPECT_EQ(examples[0].content_hash, Sha256Hex(""));
}

TEST_F(SourceTest, TarFileOutsideAClassIsRefused) {
  WriteFileDurably(folder_.path() / "set.tar",
                   TarWriter().Add({.name = "a/b.png"}).Add({.name = "c.png"}).Finish());
  EXPECT_EQ(Failure(folder_.path() / "set.tar").code(), Code::kBadExample);
}

TEST_F(SourceTest, HostileTarNamesTheArchive) {
  WriteFileDurably(folder_.path() / "set.tar", TarWriter().Add({.name = "../c.png"}).Finish());
  const Error failure = Failure(folder_.path() / "set.tar");
  EXPECT_EQ(failure.code(), Code::kBadExample);
  EXPECT_NE(failure.message().find("set.tar"), std::string::npos);
  EXPECT_EQ(failure.cause()->message(), "the archive's entry `../c.png` has `..` in its name");
}

TEST_F(SourceTest, ManifestInThreeFormats) {
  Put("pictures/1.png", "one");
  Put("pictures/2.png", "two, which is longer than twelve");
  Put("m.csv", "path,label,scenario\npictures/2.png,7,\"night, rain\"\npictures/1.png,007,\n");
  Put("m.jsonl",
      "{\"path\": \"pictures/2.png\", \"label\": \"7\", \"scenario\": \"night, rain\"}\n"
      "{\"path\": \"pictures/1.png\", \"label\": \"007\"}\n");
  RunSql("COPY (SELECT * FROM read_csv($1, all_varchar=true)) TO '" +
             (Root() / "m.parquet").string() + "' (FORMAT parquet)",
         {(Root() / "m.csv").string()});
  for (const char* name : {"m.csv", "m.jsonl", "m.parquet"}) {
    SCOPED_TRACE(name);
    const auto source = OpenSource({.path = Root() / name});
    const auto examples = source->List();
    ASSERT_EQ(examples.size(), 2U);
    EXPECT_EQ(examples[0].id, "pictures/1.png");
    EXPECT_EQ(examples[0].label, "007");
    EXPECT_EQ(examples[0].Value("scenario"), "");
    EXPECT_EQ(examples[1].Value("scenario"), "night, rain");
    EXPECT_EQ(examples[1].size, 32U);
    EXPECT_EQ(source->Read(examples[0]).Value(), "one");
  }
}

TEST_F(SourceTest, ManifestWithMissingFilesNamesTheRows) {
  Put("1.png", "one");
  Put("m.csv", "path,label\n1.png,a\n2.png,a\n3.png,b\n");
  const Error failure = Failure(Root() / "m.csv");
  EXPECT_EQ(failure.code(), Code::kBadExample);
  EXPECT_NE(failure.message().find("names 2 files that are not there (row 2: 2.png, row 3: 3.png)"),
            std::string::npos)
      << failure.message();
}

TEST_F(SourceTest, ManifestErrors) {
  Put("1.png", "one");
  Put("column.csv", "path,lable\n1.png,a\n");
  EXPECT_EQ(Failure(Root() / "column.csv").code(), Code::kBadValue);
  EXPECT_EQ(Failure(Root() / "column.csv").hint(), "did you mean `lable`?");
  Put("twice.csv", "path,label\n1.png,a\n./1.png,b\n");
  EXPECT_EQ(Failure(Root() / "twice.csv").code(), Code::kBadExample);
  Put("rows.csv", "path,label\n");
  EXPECT_EQ(Failure(Root() / "rows.csv").code(), Code::kNoData);
  Put("broken.jsonl", "{\"path\": \"1.png\", \"label\": \n");
  EXPECT_EQ(Failure(Root() / "broken.jsonl").code(), Code::kSyntax);
  Put("broken.parquet", "PAR1 this is not parquet");
  EXPECT_EQ(Failure(Root() / "broken.parquet").code(), Code::kSyntax);
}

TEST_F(SourceTest, ManifestPathIsNotAPattern) {
  Put("1.png", "one");
  Put("m[1]*?.csv", "path,label\n1.png,a\n");
  Put("m1.csv", "path,label\n1.png,wrong\n");
  EXPECT_EQ(List(Root() / "m[1]*?.csv").at(0).label, "a");
}

TEST_F(SourceTest, TooLittleDataIsNamed) {
  EXPECT_EQ(Failure(Root()).code(), Code::kNotFound);
  MakeFolders(Root());
  EXPECT_EQ(Failure(Root()).code(), Code::kNoData);
  Put("cat/1.png", "1");
  Put("cat/2.png", "2");
  EXPECT_EQ(Failure(Root()).code(), Code::kNoData);
  EXPECT_NE(Failure(Root()).message().find("a single class, `cat`"), std::string::npos);
  Put("dog/1.png", "1");
  EXPECT_EQ(Failure(Root()).code(), Code::kNoData);
  EXPECT_NE(Failure(Root()).message().find("one example only of class `dog`"), std::string::npos);
  MakeFolders(Root() / "emu");
  EXPECT_NE(Failure(Root()).message().find("class `emu` is empty"), std::string::npos);
}

TEST_F(SourceTest, BytesThatChangedSinceTheListAreRefused) {
  Put("cat/1.png", "1");
  const auto source = OpenSource({.path = Root()});
  const std::vector<Example> examples = source->List();
  Put("cat/1.png", "2");
  EXPECT_EQ(source->Read(examples[0]).error().code(), Code::kConflict);
}

TEST_F(SourceTest, ManifestStaysInItsOwnFolder) {
  Put("elsewhere.png", "1");
  Put("m/m.csv", "path,label\n../elsewhere.png,cat\n");
  EXPECT_EQ(Failure(Root() / "m/m.csv").code(), Code::kBadExample);
}

TEST_F(SourceTest, LinksAreFollowedOnlyInside) {
  Put("cat/1.png", "1");
  fs::create_symlink(Root() / "cat/1.png", Root() / "cat/2.png");
  EXPECT_EQ(List(Root()).size(), 2U);
  fs::create_symlink("/etc/passwd", Root() / "cat/3.png");
  EXPECT_EQ(Failure(Root()).code(), Code::kBadExample);
  fs::remove(Root() / "cat/3.png");
  fs::create_symlink(Root() / "cat", Root() / "cat/again");
  EXPECT_EQ(Failure(Root()).code(), Code::kBadExample);
}

TEST_F(SourceTest, AClassMayNotBeALink) {
  Put("data/cat/1.png", "1");
  Put("elsewhere/2.png", "2");
  fs::create_symlink(Root() / "elsewhere", Root() / "data/dog");
  EXPECT_EQ(Failure(Root() / "data").code(), Code::kBadExample);
}

TEST_F(SourceTest, AManifestFollowsLinksOnlyInside) {
  Put("secret.png", "1");
  Put("m/a.png", "2");
  fs::create_symlink(Root() / "m/a.png", Root() / "m/b.png");
  Put("m/m.csv", "path,label\na.png,cat\nb.png,cat\n");
  EXPECT_EQ(List(Root() / "m/m.csv").size(), 2U);
  fs::create_symlink(Root() / "secret.png", Root() / "m/c.png");
  Put("m/m.csv", "path,label\na.png,cat\nc.png,cat\n");
  EXPECT_EQ(Failure(Root() / "m/m.csv").code(), Code::kBadExample);
}

TEST_F(SourceTest, NameThatIsNotUtf8IsRefused) {
  Put("cat/caf\xe9.png", "latin-1");
  EXPECT_EQ(Failure(Root()).code(), Code::kBadExample);
}

TEST_F(SourceTest, UnknownKindListsTheKinds) {
  Put("x.zip", "PK");
  const Error failure = Failure(Root() / "x.zip");
  EXPECT_EQ(failure.code(), Code::kUnsupported);
  EXPECT_NE(failure.hint().find("manifest: "), std::string::npos);
}

TEST_F(SourceTest, SetHashSeesEveryChangeButNotTheOrder) {
  Example a{.id = "a", .label = "x", .columns = {{"k", "v"}}, .content_hash = "1"};
  Example b{.id = "b", .label = "y", .content_hash = "2"};
  const std::string hash = SetHash(std::vector{a, b});
  EXPECT_EQ(hash, SetHash(std::vector{b, a}));
  for (auto change :
       {+[](Example& e) { e.id += "1"; }, +[](Example& e) { e.label += "1"; },
        +[](Example& e) { e.columns["k"] = "w"; }, +[](Example& e) { e.columns["l"] = ""; },
        +[](Example& e) { e.content_hash = "3"; }}) {
    Example changed = a;
    change(changed);
    EXPECT_NE(hash, SetHash(std::vector{changed, b}));
  }
}

TEST_F(SourceTest, StatCacheAvoidsReadingAndNoticesChanges) {
  Put("f", "one");
  const FileStamp stamp = FileStamp::Of(Root() / "f");
  FileStamp old = stamp;
  old.changed_ns -= 10'000'000'000;  // as if written ten seconds ago
  StatCache cache(folder_.path() / "cache");
  cache.Record("f", old, Sha256Hex("one"));
  cache.Record("young", stamp, Sha256Hex("one"));
  cache.Save();
  const StatCache again(folder_.path() / "cache");
  EXPECT_EQ(again.Find("f", old), Sha256Hex("one"));
  EXPECT_EQ(again.Find("f", stamp), std::nullopt);
  EXPECT_EQ(again.Find("young", stamp), std::nullopt) << "written within the clock's coarseness";
}

TEST_F(SourceTest, DamagedStatCacheIsIgnored) {
  Put("a/1", "1");
  for (const char* damage :
       {"", "nonsense", "keelrow stat cache 1\n12 x", "keelrow stat cache 2\n"}) {
    WriteFileDurably(folder_.path() / "cache", damage);
    const auto source = OpenSource({.path = Root(), .stat_cache = folder_.path() / "cache"});
    EXPECT_EQ(source->List().at(0).content_hash, Sha256Hex("1"));
  }
}

TEST_F(SourceTest, RealTarOfTwelveThousand) {
  const fs::path tar = DataForTest("cifar10.tar");
  if (!fs::exists(tar)) GTEST_SKIP() << AbsentData("cifar10.tar");
  const auto examples = List(tar);
  EXPECT_EQ(examples.size(), 12'000U);
  EXPECT_EQ(ClassCounts(examples).size(), 10U);
  EXPECT_EQ(ClassCounts(examples).at("frog"), 1200);
}

}  // namespace
}  // namespace keelrow::data
