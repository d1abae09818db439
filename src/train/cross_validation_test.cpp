#include "train/cross_validation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "data/catalog.h"
#include "data/cleaning.h"
#include "data/image_encode.h"

namespace keelrow::train {
namespace {

constexpr int kEach = 20;

/// 60 gray squares whose brightness says the label; the split's defaults choose the test's.
class CrossValidationTest : public testing::Test {
 protected:
  void SetUp() override {
    data::Catalog catalog;
    for (int i = 0; i < 3 * kEach; ++i) {
      const int label = i % 3;
      data::Image image = data::Image::Blank(8, 8, 1);
      image.pixels.assign(image.pixels.size(), static_cast<uint8_t>(80 * label + i / 3));
      const std::string bytes = data::EncodePng(image);
      const std::string id = fmt::format("{}/{:02}.png", label, i);
      MakeFolders(root() / "data" / std::to_string(label));
      WriteFileDurably(root() / "data" / id, bytes);
      catalog.examples.push_back({.id = id,
                                  .label = std::to_string(label),
                                  .content_hash = Sha256Hex(bytes),
                                  .size = bytes.size()});
    }
    catalog.subsets = data::AssignSplit(catalog.examples, {}, 7).subsets;
    for (size_t i = 0; i < catalog.subsets.size(); ++i) {
      if (catalog.subsets[i] != data::Subset::kTest) candidates_.insert(catalog.examples[i].id);
    }
    validation_share_ = static_cast<double>(catalog.In(data::Subset::kValidation).size()) /
                        static_cast<double>(candidates_.size());
    MakeFolders(root() / "split");
    MakeFolders(root() / "check");
    data::WriteCatalog(root() / "split" / "examples.jsonl", catalog);
    data::WriteNearDuplicates(root() / "check" / "near_duplicates.jsonl", catalog.examples, {});
  }

  /// Runs the step into a fresh folder, in the scratch folder of the steps before.
  fs::path Run() {
    const fs::path output = root() / fmt::format("output{}", ++runs_);
    MakeFolders(output);
    MakeFolders(scratch());
    RunCrossValidationStep({.step = "cross_validate",
                            .config = config_,
                            .project_folder = root(),
                            .inputs = {{"split", root() / "split"}, {"check", root() / "check"}},
                            .output = output,
                            .scratch = scratch()});
    return output;
  }

  Json config_ = {{"seed", 7},
                  {"data",
                   {{"source", "data"},
                    {"path_column", "path"},
                    {"label_column", "label"},
                    {"split", Json::object()}}},
                  {"prepare", Json::array({{{"decode", {{"mode", "gray"}}}},
                                           {{"normalize", {{"preset", "unit"}}}}})},
                  {"augment", Json::array()},
                  {"model", {{"network", "small_cnn"}}},
                  {"train", {{"epochs", 2}, {"batch_size", 8}, {"threads", 1}}},
                  {"cross_validation", {{"folds", 3}}}};

  fs::path root() const { return folder_.path(); }
  fs::path scratch() const { return root() / "scratch"; }

  TemporaryFolder folder_;
  std::set<std::string> candidates_;  // all but the test's
  double validation_share_ = 0;       // of those
  int runs_ = 0;
};

std::vector<Json> Lines(const fs::path& file) {
  std::vector<Json> rows;
  for (const std::string& line : SplitText(ReadFile(file), '\n')) {
    if (!line.empty()) rows.push_back(Json::parse(line));
  }
  return rows;
}

TEST_F(CrossValidationTest, AnswersEveryExampleOnceButNoneOfTheTest) {
  const fs::path output = Run();
  std::set<std::string> answered;
  for (const Json& row : Lines(output / "predictions.jsonl")) {
    EXPECT_TRUE(answered.insert(row.at("id")).second) << row;
    EXPECT_GE(row.at("fold"), 1);
    EXPECT_LE(row.at("fold"), 3);
  }
  EXPECT_EQ(answered, candidates_);
  const Json summary = ReadJsonFile(output / "cross_validation.json");
  ASSERT_EQ(summary.at("folds").size(), 3U);
  for (const Json& fold : summary.at("folds")) {
    EXPECT_EQ(fold.at("train").get<size_t>() + fold.at("validation").get<size_t>() +
                  fold.at("held_back").get<size_t>(),
              candidates_.size());
    EXPECT_GT(fold.at("validation"), 0);
  }
  const Json& accuracy = summary.at("metrics").at("accuracy");
  EXPECT_LT(accuracy.at("low"), accuracy.at("mean"));
  EXPECT_GT(accuracy.at("high"), accuracy.at("mean"));
}

TEST_F(CrossValidationTest, OversamplesWhatEachFoldLearnsFromWhereTheSplitDoes) {
  const fs::path list = root() / "split" / "examples.jsonl";
  data::Catalog catalog = data::ReadCatalog(list);
  for (size_t i = 0; i < 30; ++i) {
    if (catalog.examples[i].label == "2") catalog.subsets[i] = data::Subset::kTest;
  }
  data::WriteCatalog(list, catalog);
  const fs::path plain = Run();
  fs::remove_all(scratch());
  catalog.repeats = data::OversamplingRepeats(catalog);
  data::WriteCatalog(list, catalog);
  const fs::path oversampled = Run();
  EXPECT_NE(ReadFile(plain / "predictions.jsonl"), ReadFile(oversampled / "predictions.jsonl"));
  const auto learned = [](const fs::path& output) {
    return ReadJsonFile(output / "cross_validation.json").at("folds")[0].at("train").get<int>();
  };
  EXPECT_EQ(learned(plain), learned(oversampled)) << "a repeated example is one example";
}

TEST_F(CrossValidationTest, FoldsValidateWithTheSplitsShare) {
  double validation = 0;
  double all = 0;
  const Json summary = ReadJsonFile(Run() / "cross_validation.json");
  for (const Json& fold : summary.at("folds")) {
    validation += fold.at("validation").get<double>();
    all += fold.at("train").get<double>() + fold.at("validation").get<double>();
  }
  EXPECT_GT(validation / all, validation_share_ / 2);
  EXPECT_LT(validation / all, validation_share_ * 2);
}

TEST_F(CrossValidationTest, ExamplesWithTimesAreAnsweredFromEarlierOnes) {
  const fs::path list = root() / "split" / "examples.jsonl";
  data::Catalog catalog = data::ReadCatalog(list);
  for (size_t i = 0; i < catalog.examples.size(); ++i) {
    catalog.examples[i].columns["when"] = fmt::format("2026-01-01T00:{:02}:00Z", i);
  }
  data::WriteCatalog(list, catalog);
  config_["data"]["split"]["time"] = "when";
  std::map<int, std::set<int>> folds;  // minutes by fold
  for (const Json& row : Lines(Run() / "predictions.jsonl")) {
    const std::string id = row.at("id");  // "1/07.png"
    folds[row.at("fold").get<int>()].insert(ParseNumber(id.substr(2, 2)).Value());
  }
  ASSERT_EQ(folds.size(), 3U);
  for (int fold = 2; fold <= 3; ++fold) {
    EXPECT_LT(*folds[fold - 1].rbegin(), *folds[fold].begin());
  }
  EXPECT_GT(*folds[1].begin(), 5) << "the first part is only learned from";
}

TEST_F(CrossValidationTest, GoesOnWithTheSameBytesAndTrainsNoFoldTwice) {
  const fs::path whole = Run();
  fs::remove_all(scratch() / "fold-2");
  Json marked = ReadJsonFile(scratch() / "fold-1" / "result.json");
  EXPECT_EQ(ReadFile(Run() / "predictions.jsonl"), ReadFile(whole / "predictions.jsonl"));
  marked["epochs"] = 77;
  WriteJsonFile(scratch() / "fold-1" / "result.json", marked);
  const auto epochs = [](const fs::path& output) {
    return ReadJsonFile(output / "cross_validation.json").at("folds")[0].at("epochs").get<int>();
  };
  EXPECT_EQ(epochs(Run()), 77);
  marked["identity"] = "another training";
  WriteJsonFile(scratch() / "fold-1" / "result.json", marked);
  EXPECT_EQ(epochs(Run()), 2);
  WriteFileDurably(scratch() / "fold-1" / "result.json", "{");
  EXPECT_EQ(epochs(Run()), 2);
}

}  // namespace
}  // namespace keelrow::train
