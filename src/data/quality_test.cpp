#include "data/quality.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "data/catalog.h"
#include "data/image_encode.h"

namespace keelrow::data {
namespace {

/// Examples in memory.
class MemorySource : public Source {
 public:
  void Add(Example example, std::string bytes) {
    example.content_hash = Sha256Hex(bytes);
    bytes_[example.id] = std::move(bytes);
    examples_.push_back(std::move(example));
  }
  std::vector<Example> List() const override { return examples_; }
  std::string Locate(const Example& example) const override { return example.id; }

 protected:
  Expected<std::string> ReadBytes(const Example& example) const override {
    return bytes_.at(example.id);
  }

 private:
  std::vector<Example> examples_;
  std::map<std::string, std::string> bytes_;
};

std::string Picture(int shade) {
  Image image = Image::Blank(8, 8, 1);
  image.pixels[0] = static_cast<uint8_t>(shade);
  image.pixels[1] = static_cast<uint8_t>(shade >> 8);
  return EncodePng(image);
}

MemorySource GoodSource(int each) {
  MemorySource source;
  for (int i = 0; i < each * 2; ++i) {
    source.Add({.id = fmt::format("{:04}", i),
                .label = i % 2 == 0 ? "cat" : "dog",
                .content_hash = fmt::format("h{}", i)},
               Picture(i));
  }
  return source;
}

const QualityCheck& Find(const QualityReport& report, std::string_view name) {
  return *std::ranges::find(report.checks, name, &QualityCheck::name);
}

QualityResult Gate(const MemorySource& source, OnViolation on_violation,
                   const QualityRequest& request = {}) {
  return RunQualityGate(source.List(), source, request, on_violation);
}

TEST(NormalizedEntropy, ReferenceValues) {
  const int64_t uneven[] = {5, 3, 2};
  EXPECT_NEAR(NormalizedEntropy(uneven), 0.9372306, 1e-6);
  const int64_t even[] = {7, 7};
  EXPECT_DOUBLE_EQ(NormalizedEntropy(even), 1);
  const int64_t declared_but_absent[] = {5, 5, 0};
  EXPECT_NEAR(NormalizedEntropy(declared_but_absent), 0.630930, 1e-6);
  const int64_t single[] = {5};
  EXPECT_DOUBLE_EQ(NormalizedEntropy(single), 0);
}

TEST(QualityGate, GoodDataPasses) {
  const QualityResult result = Gate(GoodSource(20), OnViolation::kStop);
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.kept.size(), 40U);
  EXPECT_TRUE(result.report.bad.empty());
}

TEST(QualityGate, TextFileNamedPngStopsTheRun) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "cat/x.png", .label = "cat", .content_hash = "t"}, "hello");
  const QualityResult result = Gate(source, OnViolation::kStop);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.Failure().code(), Code::kQuality);
  EXPECT_EQ(result.Failure().message(),
            "unreadable is 0.02439, wanted <=0 (1 of 41 cannot be read); first: cat/x.png: not a "
            "picture: it starts with \"hello\"");
}

TEST(QualityGate, CleanSetsBadExamplesAsideAndChecksAgain) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "cut.png", .label = "cat", .content_hash = "t"}, Picture(1).substr(0, 40));
  source.Add({.id = "unlabelled.png", .label = "", .content_hash = "u"}, Picture(999));
  const QualityResult result = Gate(source, OnViolation::kClean);
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.kept.size(), 40U);
  ASSERT_EQ(result.report.bad.size(), 2U);
  EXPECT_EQ(result.report.bad[0].id, "cut.png");
  EXPECT_EQ(result.report.bad[1].reason, "it has no label");
  ASSERT_TRUE(result.cleaned);
  EXPECT_TRUE(result.cleaned->ok());
  EXPECT_EQ(Find(*result.cleaned, "unreadable").value, 0);
  EXPECT_EQ(ToJson(result).at("report").at("bad").size(), 2U);
}

TEST(QualityGate, CleaningDoesNotMendUnevenClasses) {
  MemorySource source = GoodSource(4);
  for (int i = 0; i < 200; ++i) {
    source.Add({.id = fmt::format("m{}", i), .label = "cat", .content_hash = fmt::format("m{}", i)},
               Picture(i + 300));
  }
  const QualityResult result = Gate(source, OnViolation::kClean);
  EXPECT_FALSE(result.passed);
  EXPECT_NE(result.Failure().message().find("class_entropy"), std::string::npos);
  EXPECT_NE(result.Failure().message().find("long_tail is 51"), std::string::npos);
  EXPECT_TRUE(Gate(source, OnViolation::kWarn).passed);
}

TEST(QualityGate, BadExamplesWithinTheLimitStillDoNotPass) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "x", .label = "cat", .content_hash = "t"}, "hello");
  QualityRequest request;
  request.config.unreadable = {Threshold::Op::kLess, 0.05};
  const QualityResult result = Gate(source, OnViolation::kStop, request);
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.kept.size(), 40U);
}

TEST(QualityGate, MissingValuesOfUsedColumnsCount) {
  MemorySource source;
  for (int i = 0; i < 40; ++i) {
    source.Add({.id = fmt::format("{:02}", i),
                .label = i % 2 == 0 ? "a" : "b",
                .columns = {{"scenario", i < 8 ? "" : "day"}, {"note", ""}},
                .content_hash = std::to_string(i)},
               Picture(i));
  }
  EXPECT_DOUBLE_EQ(Find(Gate(source, OnViolation::kWarn).report, "missing_rate").value, 0);
  QualityRequest request{.columns = {"label", "scenario"}};
  const QualityResult result = Gate(source, OnViolation::kStop, request);
  EXPECT_DOUBLE_EQ(Find(result.report, "missing_rate").value, 0.1);
  EXPECT_FALSE(result.passed);
}

TEST(QualityGate, ImputedValuesAreMeasuredAgainAndKept) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "bad", .label = "cat", .columns = {{"light", "day"}}}, "hello");
  const QualityRequest request{.columns = {"light"}, .impute = {{.column = "light"}}};
  const QualityResult stopped = Gate(source, OnViolation::kStop, request);
  EXPECT_NEAR(Find(stopped.report, "missing_rate").value, 40.0 / 82, 1e-9);
  EXPECT_EQ(Find(*stopped.cleaned, "missing_rate").value, 0);
  EXPECT_FALSE(stopped.passed) << "a picture cannot be filled in";
  EXPECT_NE(stopped.Failure().hint().find("on_violation: clean"), std::string::npos);
  const QualityResult result = Gate(source, OnViolation::kClean, request);
  EXPECT_TRUE(result.passed);
  EXPECT_TRUE(result.cleaned->ok());
  EXPECT_EQ(
      ToJson(result.imputed),
      (Json{{{"column", "light"}, {"with", "most_frequent"}, {"value", "day"}, {"filled", 40}}}));
  EXPECT_EQ(result.set_aside.size(), 1U);
  for (const Example& example : result.kept) EXPECT_EQ(example.Value("light"), "day");
}

TEST(QualityGate, DeclaredClassesFindTheMissingAndTheForeign) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "x", .label = "emu", .content_hash = "e"}, Picture(999));
  QualityRequest request;
  request.config.classes = {"cat", "cow", "dog"};
  const QualityResult result = Gate(source, OnViolation::kStop, request);
  EXPECT_NEAR(Find(result.report, "class_entropy").value, 0.630930, 1e-6);
  ASSERT_EQ(result.report.bad.size(), 1U);
  EXPECT_EQ(result.report.bad[0].reason, "its label `emu` is not declared");
}

TEST(QualityGate, DuplicatesAndConflictsAreShown) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "x", .label = "cat", .content_hash = "h0"}, Picture(0));
  source.Add({.id = "y", .label = "dog", .content_hash = "h0"}, Picture(0));
  QualityResult result = Gate(source, OnViolation::kStop);
  EXPECT_TRUE(result.passed);
  EXPECT_DOUBLE_EQ(Find(result.report, "duplicates").value, 2.0 / 42);
  EXPECT_DOUBLE_EQ(Find(result.report, "label_conflicts").value, 1.0 / 42);
  QualityRequest request;
  request.config.label_conflicts = Threshold{Threshold::Op::kLessEqual, 0};
  EXPECT_FALSE(Gate(source, OnViolation::kStop, request).passed);
}

/// A soft slope with a sharp square in it, so that nothing is wrong with it; each is another.
Image GoodPicture(int number) {
  Image image = Image::Blank(32, 32, 1);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      const bool square = x / 6 == number % 5 && y / 6 == number / 5 % 5;
      image.Row(y)[x] = static_cast<uint8_t>(square ? 250 : 20 + 3 * x + 2 * y + number / 25);
    }
  }
  return image;
}

MemorySource Photos(int each) {
  MemorySource source;
  for (int i = 0; i < each * 2; ++i) {
    source.Add({.id = fmt::format("{:04}", i), .label = i % 2 == 0 ? "cat" : "dog"},
               EncodePng(GoodPicture(i)));
  }
  return source;
}

Image Leveled(int low, int step) {
  Image image = Image::Blank(32, 32, 1);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) image.Row(y)[x] = static_cast<uint8_t>(low + step * x / 8);
  }
  return image;
}

TEST(QualityGate, EachKindOfPoorPictureIsFoundAndSetAsideByItsLimit) {
  MemorySource source = Photos(20);
  const auto add = [&](const std::string& id, const Image& image) {
    source.Add({.id = id, .label = "cat"}, EncodePng(image));
  };
  add("black", Image::Blank(32, 32, 3));
  add("soft", Leveled(40, 40));
  add("white", Leveled(246, 2));
  add("dark", Leveled(10, 8));
  add("long", Image::Blank(200, 10, 1));
  QualityRequest request;
  const std::optional<Threshold> none = Threshold{Threshold::Op::kLessEqual, 0};
  request.config.constant = none;
  request.config.blurred = none;
  request.config.over_exposed = none;
  request.config.under_exposed = none;
  request.config.odd_size = none;
  const QualityResult result = Gate(source, OnViolation::kClean, request);
  const auto found = [&](const char* check) {
    std::vector<std::string> ids;
    for (const BadExample& example : Find(result.report, check).found) ids.push_back(example.id);
    return JoinText(ids, " ");
  };
  EXPECT_EQ(found("constant"), "black long");
  EXPECT_EQ(found("blurred"), "soft white dark");
  EXPECT_EQ(found("over_exposed"), "white");
  EXPECT_EQ(found("under_exposed"), "black dark long");
  EXPECT_EQ(found("odd_size"), "long");
  EXPECT_EQ(result.set_aside.size(), 5U);
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.kept.size(), 40U);
  const QualityResult stopped = Gate(source, OnViolation::kStop, request);
  EXPECT_FALSE(stopped.passed);
  EXPECT_TRUE(stopped.set_aside.empty());
  EXPECT_NE(stopped.Failure().message().find("first: black: it is of a single colour"),
            std::string::npos);
  EXPECT_TRUE(Gate(source, OnViolation::kClean).passed) << "without limits they are only shown";
  EXPECT_TRUE(Gate(source, OnViolation::kClean).set_aside.empty());
}

TEST(QualityGate, WhatIsCutOffIsCountedOnItsOwn) {
  MemorySource source = GoodSource(20);
  source.Add({.id = "cut", .label = "cat"}, Picture(900).substr(0, 40));
  source.Add({.id = "text", .label = "cat"}, "hello");
  const QualityReport report = Gate(source, OnViolation::kClean).report;
  EXPECT_EQ(Find(report, "unreadable").found.size(), 2U);
  ASSERT_EQ(Find(report, "truncated").found.size(), 1U);
  EXPECT_EQ(Find(report, "truncated").found[0].id, "cut");
}

TEST(QualityGate, CleaningLeavesOneOfEqualAndNoneOfContradictoryExamples) {
  MemorySource source = Photos(10);
  source.Add({.id = "x", .label = "cat"}, EncodePng(GoodPicture(0)));
  source.Add({.id = "y", .label = "cat"}, EncodePng(GoodPicture(1)));
  Image brighter = GoodPicture(2);
  for (uint8_t& level : brighter.pixels) level = static_cast<uint8_t>(std::min(255, level + 4));
  source.Add({.id = "z", .label = "cat"}, EncodePng(brighter));
  QualityRequest request;
  request.config.duplicates = Threshold{Threshold::Op::kLessEqual, 0};
  request.config.label_conflicts = Threshold{Threshold::Op::kLessEqual, 0};
  request.config.near_duplicates = Threshold{Threshold::Op::kLessEqual, 0};
  const QualityResult result = Gate(source, OnViolation::kClean, request);
  ASSERT_EQ(result.set_aside.size(), 4U);
  EXPECT_EQ(result.set_aside[0],
            (BadExample{"0001", "it equals y, whose label is `cat`, not `dog`"}));
  EXPECT_EQ(result.set_aside[1], (BadExample{"x", "it repeats 0000"}));
  EXPECT_EQ(result.set_aside[2].id, "y");
  EXPECT_EQ(result.set_aside[3].id, "z");
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.measurements.inspections.size(), source.List().size());
  EXPECT_TRUE(result.near_duplicates.empty());
}

TEST(QualityGate, OneClassIsNoData) {
  MemorySource source;
  for (int i = 0; i < 3; ++i) {
    source.Add({.id = std::to_string(i), .label = "a", .content_hash = std::to_string(i)},
               Picture(i));
  }
  try {
    Gate(source, OnViolation::kWarn);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kNoData);
  }
}

TEST(RenderQuality, IsATable) {
  const std::string table = RenderQuality(Gate(GoodSource(20), OnViolation::kStop).report);
  EXPECT_NE(table.find("missing_rate"), std::string::npos);
  EXPECT_NE(table.find("<0.05"), std::string::npos);
}

TEST(Catalog, ComesBackAsItWas) {
  const TemporaryFolder folder;
  Catalog catalog{.examples = {{.id = "a \"1\"",
                                .label = "ä",
                                .columns = {{"k", "v"}},
                                .content_hash = "h",
                                .size = 5,
                                .offset = 512},
                               {.id = "b", .label = "x", .content_hash = "i"}},
                  .subsets = {Subset::kTest, Subset::kTrain}};
  WriteCatalog(folder.path() / "c", catalog);
  const Catalog again = ReadCatalog(folder.path() / "c");
  EXPECT_EQ(again.examples, catalog.examples);
  EXPECT_EQ(again.subsets, catalog.subsets);
  EXPECT_EQ(again.In(Subset::kTest).at(0).id, "a \"1\"");
  EXPECT_EQ(again.Labels(), (std::vector<std::string>{"x", "ä"}));
  WriteFileDurably(folder.path() / "c", "{\"id\": 3}\n");
  EXPECT_THROW(ReadCatalog(folder.path() / "c"), Error);
}

}  // namespace
}  // namespace keelrow::data
