#include "data/cleaning.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"

namespace keelrow::data {
namespace {

std::vector<Example> WithColumn(const std::vector<std::string>& values) {
  std::vector<Example> examples;
  for (const std::string& value : values) {
    examples.push_back(
        {.id = std::to_string(examples.size()), .label = "a", .columns = {{"c", value}}});
  }
  return examples;
}

std::string Filled(const std::vector<std::string>& values, const ImputeRule& rule) {
  std::vector<Example> examples = WithColumn(values);
  const auto done = Impute(examples, {rule});
  EXPECT_EQ(done.at(0).filled, std::ranges::count(values, ""));
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(examples[i].Value("c"), values[i].empty() ? done[0].value : values[i]);
  }
  return done[0].value;
}

Code CodeOf(const std::vector<std::string>& values, const ImputeRule& rule) {
  std::vector<Example> examples = WithColumn(values);
  try {
    Impute(examples, {rule});
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;
}

TEST(Impute, PutsInWhatIsAskedFor) {
  EXPECT_EQ(Filled({"day", "", "night", "night"}, {.column = "c"}), "night");
  EXPECT_EQ(Filled({"night", "", "day"}, {.column = "c"}), "day");
  EXPECT_EQ(Filled({"3", "", "10", "", "4"}, {.column = "c", .with = {"median"}}), "4");
  EXPECT_EQ(Filled({"3", "", "10"}, {.column = "c", .with = {"median"}}), "6.5");
  EXPECT_EQ(Filled({"", "x"}, {.column = "c", .with = {"constant"}, .value = "none"}), "none");
}

TEST(Impute, RefusesWhatCannotBe) {
  EXPECT_EQ(CodeOf({"x"}, {.column = "d"}), Code::kBadValue);
  EXPECT_EQ(CodeOf({"x", ""}, {.column = "c", .with = {"median"}}), Code::kBadValue);
  EXPECT_EQ(CodeOf({"", ""}, {.column = "c"}), Code::kNoData);
  for (const char* text : {"{impute: [{column: label}]}", "{impute: [{column: c, with: constant}]}",
                           "{impute: [{column: c, value: x}]}", "{impute: [{with: median}]}"}) {
    EXPECT_THROW(config::Read<CleaningConfig>(config::ParseYaml(text, "test")), Error) << text;
  }
}

Catalog Uneven() {
  Catalog catalog;
  for (int i = 0; i < 23; ++i) {
    const std::string label = i < 10 ? "many" : i < 13 ? "few" : "test only";
    catalog.examples.push_back({.id = fmt::format("{:02}", i),
                                .label = label,
                                .content_hash = Sha256Hex(std::to_string(i))});
    catalog.subsets.push_back(i < 13 ? Subset::kTrain : Subset::kTest);
  }
  return catalog;
}

TEST(OversamplingRepeats, EvensTheClassesOfTheTrainingSubset) {
  Catalog catalog = Uneven();
  catalog.repeats = OversamplingRepeats(catalog);
  EXPECT_EQ(catalog.In(Subset::kTrain).size(), 13U);
  const std::vector<Example> train = catalog.ForTraining();
  EXPECT_EQ(ClassCounts(train), (std::map<std::string, int64_t>{{"few", 10}, {"many", 10}}));
  std::map<std::string, std::vector<int>> copies;
  for (const Example& example : train) copies[example.id].push_back(example.copy);
  EXPECT_EQ(copies["00"], std::vector<int>{0});
  for (const char* id : {"10", "11", "12"}) {
    const auto [least, most] = std::ranges::minmax(copies[id]);
    EXPECT_EQ(least, 0);
    EXPECT_EQ(most + 1, static_cast<int>(copies[id].size())) << "each is augmented as another";
    EXPECT_TRUE(copies[id].size() == 3 || copies[id].size() == 4);
  }
}

TEST(OversamplingRepeats, AreBounded) {
  Catalog catalog;
  for (int i = 0; i <= 3 * kRepeatsMax; ++i) {
    catalog.examples.push_back({.id = std::to_string(i), .label = i == 0 ? "rare" : "common"});
  }
  catalog.subsets.assign(catalog.examples.size(), Subset::kTrain);
  EXPECT_EQ(OversamplingRepeats(catalog)[0], kRepeatsMax);
}

TEST(OversamplingRepeats, StandInTheCatalogOnlyWhereTheyMatter) {
  const TemporaryFolder folder;
  Catalog catalog = Uneven();
  WriteCatalog(folder.path() / "plain", catalog);
  EXPECT_EQ(ReadFile(folder.path() / "plain").find("repeat"), std::string::npos);
  EXPECT_EQ(ReadCatalog(folder.path() / "plain").ForTraining().size(), 13U);
  catalog.repeats = OversamplingRepeats(catalog);
  WriteCatalog(folder.path() / "even", catalog);
  EXPECT_EQ(ReadCatalog(folder.path() / "even").ForTraining(), catalog.ForTraining());
}

}  // namespace
}  // namespace keelrow::data
