#include "bundle/bundle.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace keelrow::bundle {
namespace {

Code CodeOf(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;
}

Manifest SomeManifest() {
  return {.name = "a",
          .task = "image-classification",
          .inputs = {{.name = "input", .shape = {-1, 1, 8, 8}}},
          .outputs = {{.name = "output", .shape = {}}},
          .views = {"flip"},
          .postprocess = "classification",
          .postprocess_options = {{"temperature", 1.5}}};
}

TEST(Bundle, OpensWhatWasSealed) {
  const TemporaryFolder folder;
  WriteFileDurably(folder.path() / kNetworkFile, "network");
  const std::string hash = Seal(folder.path(), SomeManifest(), {{"accuracy", 0.5}});
  const Bundle bundle = Bundle::Open(folder.path());
  EXPECT_EQ(bundle.hash(), hash);
  EXPECT_EQ(bundle.manifest().ToJson(), SomeManifest().ToJson());
  EXPECT_EQ(bundle.Read(kNetworkFile), "network");
}

TEST(BundleAttack, AListedNameThatNoFileCanHave) {
  for (const std::string& name : {std::string(300, 'n'), std::string("bundle.json/x")}) {
    const TemporaryFolder folder;
    Seal(folder.path(), SomeManifest(), Json::object());
    const fs::path sums = folder.path() / "SHA256SUMS";
    WriteFileDurably(sums, ReadFile(sums) + std::string(64, '0') + "  " + name + "\n");
    EXPECT_EQ(CodeOf([&] { Bundle::Open(folder.path()); }), Code::kCorrupt) << name;
  }
}

TEST(Manifest, ReadsTheFormatBeforeOptions) {
  Json json = SomeManifest().ToJson();
  json["format_version"] = 1;
  json["postprocess"] = "classification";
  json.erase("views");
  const Manifest manifest = Manifest::FromJson(json, "bundle.json");
  EXPECT_EQ(manifest.postprocess, "classification");
  EXPECT_EQ(manifest.postprocess_options, Json::object());
  EXPECT_TRUE(manifest.views.empty());
  json["format_version"] = 3;
  EXPECT_EQ(CodeOf([&] { Manifest::FromJson(json, "bundle.json"); }), Code::kUnsupported);
}

TEST(ManifestAttack, PostprocessingThatIsNoSingleRow) {
  for (const char* value : {"\"classification\"", "{}", "{\"a\": {}, \"b\": {}}", "[]", "null"}) {
    Json json = SomeManifest().ToJson();
    json["postprocess"] = Json::parse(value);
    EXPECT_EQ(CodeOf([&] { Manifest::FromJson(json, "bundle.json"); }), Code::kCorrupt) << value;
  }
}

TEST(ManifestAttack, ExtentsThatAreNoWholeNumbers) {
  for (const char* extent :
       {"1.5", "-1e300", "-2", "18446744073709551615", "true", "\"1\"", "[1]"}) {
    Json json = SomeManifest().ToJson();
    json["signature"]["inputs"][0]["shape"][1] = Json::parse(extent);
    EXPECT_EQ(CodeOf([&] { Manifest::FromJson(json, "bundle.json"); }), Code::kCorrupt) << extent;
  }
}

}  // namespace
}  // namespace keelrow::bundle
