#include "data/split.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/random.h"
#include "data/time_text.h"

namespace keelrow::data {
namespace {

constexpr uint64_t kSeed = 7;

Example Make(int number, const std::string& label) {
  const std::string id = fmt::format("{}/{}.png", label, number);
  return {.id = id, .label = label, .content_hash = Sha256Hex(id)};
}

std::vector<Example> MakeSet(int classes, int each) {
  std::vector<Example> examples;
  for (int i = 0; i < classes * each; ++i) {
    examples.push_back(Make(i, std::to_string(i % classes)));
  }
  return examples;
}

std::map<std::string, Subset> ById(const std::vector<Example>& examples, const Split& split) {
  std::map<std::string, Subset> subsets;
  for (size_t i = 0; i < examples.size(); ++i) subsets[examples[i].id] = split.subsets[i];
  return subsets;
}

Code CodeOf(const std::vector<Example>& examples, const SplitConfig& config) {
  try {
    AssignSplit(examples, config, kSeed);
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;
}

TEST(AssignSplit, DoesNotMoveWhenRowsAreAddedOrReordered) {
  const auto all = MakeSet(10, 1000);
  const auto whole = ById(all, AssignSplit(all, {}, kSeed));
  for (const size_t count : {300UL, 1000UL, 5000UL, 9999UL}) {
    std::vector<Example> some(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    std::ranges::reverse(some);
    const Split split = AssignSplit(some, {}, kSeed);
    EXPECT_EQ(split.moved_for_classes, 0);
    for (const auto& [id, subset] : ById(some, split)) EXPECT_EQ(subset, whole.at(id)) << id;
  }
}

TEST(AssignSplit, SharesHoldInEachStratumWithinChance) {
  auto examples = MakeSet(5, 2000);
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].columns["scenario"] = i % 3 == 0 ? "night" : "day";
  }
  const SplitConfig config{.stratify = {"label", "scenario"}};
  for (const uint64_t seed : {1, 2, 3, 7, 42}) {
    const Split split = AssignSplit(examples, config, seed);
    EXPECT_EQ(split.strata.size(), 10U);
    for (const Stratum& stratum : split.strata) {
      const double n =
          static_cast<double>(stratum.counts[0] + stratum.counts[1] + stratum.counts[2]);
      const double spread = 4 * std::sqrt(0.15 * 0.85 / n);  // four standard deviations
      EXPECT_NEAR(static_cast<double>(stratum.counts[1]) / n, 0.15, spread) << "seed " << seed;
      EXPECT_NEAR(static_cast<double>(stratum.counts[2]) / n, 0.15, spread) << "seed " << seed;
    }
  }
}

TEST(AssignSplit, ExactKeepsSharesToOneExampleInEachStratum) {
  auto examples = MakeSet(7, 101);
  for (size_t i = 0; i < examples.size(); ++i) examples[i].columns["s"] = i % 4 == 0 ? "a" : "b";
  const Split split = AssignSplit(examples, {.stratify = {"label", "s"}, .exact = true}, kSeed);
  for (const Stratum& stratum : split.strata) {
    const double n = static_cast<double>(stratum.counts[0] + stratum.counts[1] + stratum.counts[2]);
    EXPECT_NEAR(static_cast<double>(stratum.counts[0]), 0.70 * n, 1.0);
    EXPECT_NEAR(static_cast<double>(stratum.counts[1]), 0.15 * n, 1.0);
    EXPECT_NEAR(static_cast<double>(stratum.counts[2]), 0.15 * n, 1.0);
  }
}

TEST(AssignSplit, ExactMovesFewWhenRowsAreAdded) {
  const auto all = MakeSet(10, 1000);
  const std::vector<Example> some(all.begin(), all.begin() + 9000);
  const auto before = ById(some, AssignSplit(some, {.exact = true}, kSeed));
  const auto after = ById(all, AssignSplit(all, {.exact = true}, kSeed));
  int moved = 0;
  for (const auto& [id, subset] : before) moved += after.at(id) != subset ? 1 : 0;
  EXPECT_LT(moved, 200) << "of 9000";
}

TEST(AssignSplit, SmallClassesAreMetInEverySubset) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto examples = MakeSet(4, 3);
    const Split split = AssignSplit(examples, {}, seed);
    for (const Stratum& stratum : split.strata) {
      EXPECT_EQ(stratum.counts, (std::array<int64_t, 3>{1, 1, 1})) << "seed " << seed;
    }
  }
}

TEST(AssignSplit, ClassOfTwoIsLearntAndTested) {
  auto examples = MakeSet(2, 50);
  examples.push_back(Make(1000, "rare"));
  examples.push_back(Make(1001, "rare"));
  const Split split = AssignSplit(examples, {}, kSeed);
  EXPECT_EQ(split.strata.back().counts, (std::array<int64_t, 3>{1, 0, 1}));
}

TEST(AssignSplit, EqualBytesGoTheSameWayWhateverTheirLabels) {
  auto examples = MakeSet(10, 100);
  for (int i = 0; i < 300; ++i) {
    Example copy = examples[static_cast<size_t>(i)];
    copy.id = fmt::format("copy/{}.png", i);
    copy.label = i % 2 == 0 ? copy.label : "other";
    examples.push_back(copy);
  }
  const Split split = AssignSplit(examples, {}, kSeed);
  EXPECT_EQ(split.duplicates, 300);
  for (size_t i = 0; i < 300; ++i) EXPECT_EQ(split.subsets[i], split.subsets[1000 + i]);
}

TEST(AssignSplit, GroupsStayTogetherAndDoNotMove) {
  auto examples = MakeSet(4, 500);
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].columns["patient"] = fmt::format("p{}", i % 97);
  }
  const Split split = AssignSplit(examples, {.group = "patient"}, kSeed);
  std::map<std::string, std::set<Subset>> subsets;
  for (size_t i = 0; i < examples.size(); ++i) {
    subsets[examples[i].columns["patient"]].insert(split.subsets[i]);
  }
  for (const auto& [patient, where] : subsets) EXPECT_EQ(where.size(), 1U) << patient;
  const std::vector<Example> some(examples.begin() + 500, examples.end());
  const auto whole = ById(examples, split);
  for (const auto& [id, subset] : ById(some, AssignSplit(some, {.group = "patient"}, kSeed))) {
    EXPECT_EQ(subset, whole.at(id));
  }
}

TEST(AssignSplit, DuplicatesAcrossGroupsStopTheRun) {
  auto examples = MakeSet(2, 100);
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].columns["group"] = std::to_string(i % 50);
    examples[i].content_hash = Sha256Hex(std::to_string(i / 2));  // pairs in different groups
  }
  SplitConfig config{.group = "group"};
  try {
    AssignSplit(examples, config, kSeed);
    FAIL() << "no leak was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kLeak);
    EXPECT_NE(error.message().find(".png (train) = "), std::string::npos) << error.message();
  }
  config.allow_duplicates = true;
  EXPECT_EQ(AssignSplit(examples, config, kSeed).duplicates, 100);
}

std::vector<Example> Daily(int days) {
  std::vector<Example> examples;
  for (int i = 0; i < days; ++i) {
    examples.push_back(Make(i, i % 2 == 0 ? "a" : "b"));
    examples.back().columns["date"] = fmt::format("2024-{:02}-{:02}", 1 + i / 28, 1 + i % 28);
  }
  return examples;
}

TEST(AssignSplit, ByTimeWithGap) {
  const auto examples = Daily(100);
  const SplitConfig config{.time = "date", .gap = {std::chrono::hours(48)}};
  const Split split = AssignSplit(examples, config, kSeed);
  EXPECT_EQ(split.Counts(), (std::array<int64_t, 3>{68, 14, 15}));
  EXPECT_EQ(split.Dropped(), 3);  // the days before day 85 are 29 to 31 March, not there
  EXPECT_EQ(split.subsets[67], Subset::kTrain);
  EXPECT_EQ(split.subsets[68], Subset::kDropped);
  EXPECT_EQ(split.subsets[70], Subset::kValidation);
  EXPECT_EQ(split.subsets[85], Subset::kTest);
}

TEST(AssignSplit, ByTimeWithFixedCutsDoesNotMove) {
  const auto all = Daily(100);
  const std::vector<Example> some(all.begin(), all.begin() + 90);
  const SplitConfig config{.time = "date", .cuts = {"2024-02-01", "2024-03-01"}};
  const auto whole = ById(all, AssignSplit(all, config, kSeed));
  for (const auto& [id, subset] : ById(some, AssignSplit(some, config, kSeed))) {
    EXPECT_EQ(subset, whole.at(id));
  }
  EXPECT_EQ(AssignSplit(all, config, kSeed).Counts(), (std::array<int64_t, 3>{28, 28, 44}));
}

std::string LeakOf(const std::vector<Example>& examples, const SplitConfig& config,
                   const std::vector<NearDuplicate>& alike = {}) {
  try {
    AssignSplit(examples, config, kSeed, alike);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kLeak) << error.message();
    return error.message();
  }
  return "";
}

/// Two examples of different subsets of the default split.
std::vector<NearDuplicate> TornPairs(const std::vector<Example>& examples, size_t count) {
  const Split split = AssignSplit(examples, {}, kSeed);
  std::vector<NearDuplicate> pairs;
  for (size_t i = 0; i + 1 < examples.size() && pairs.size() < count; i += 2) {
    const bool train = split.subsets[i] == Subset::kTrain;
    const bool other = split.subsets[i + 1] == Subset::kTrain;
    if (train != other) pairs.push_back({.first = i, .second = i + 1});
  }
  return pairs;
}

TEST(AssignSplit, ManyNearDuplicatesAcrossSubsetsStopTheRun) {
  const auto examples = MakeSet(2, 500);
  const auto few = TornPairs(examples, 3);
  EXPECT_EQ(LeakOf(examples, {}, few), "");
  const Split split = AssignSplit(examples, {}, kSeed, few);
  EXPECT_EQ(split.near_duplicates.examples, 3);
  EXPECT_EQ(split.near_duplicates.pairs.size(), 3U);
  const std::string none =
      LeakOf(examples, {.near_duplicates = {Threshold::Op::kLessEqual, 0}}, few);
  EXPECT_NE(none.find(examples[few[0].second].id), std::string::npos) << none;
  EXPECT_NE(none.find(" looks like "), std::string::npos) << none;
  const auto many = TornPairs(examples, 30);
  EXPECT_NE(LeakOf(examples, {}, many), "");
  EXPECT_EQ(LeakOf(examples, {.near_duplicates = {Threshold::Op::kLessEqual, 1}}, many), "");
}

TEST(AssignSplit, NearDuplicatesAreKeptTogetherWhereAsked) {
  const auto examples = MakeSet(2, 500);
  auto alike = TornPairs(examples, 30);
  alike.push_back({.first = alike[0].second, .second = alike[1].first});  // a chain of four
  const SplitConfig config{.near_duplicates = {Threshold::Op::kLessEqual, 0},
                           .group_near_duplicates = true};
  const Split split = AssignSplit(examples, config, kSeed, alike);
  for (const NearDuplicate& pair : alike) {
    EXPECT_EQ(split.subsets[pair.first], split.subsets[pair.second]);
  }
  const Split plain = AssignSplit(examples, {}, kSeed);
  size_t moved = 0;
  for (size_t i = 0; i < examples.size(); ++i)
    moved += plain.subsets[i] != split.subsets[i] ? 1 : 0;
  EXPECT_LE(moved, alike.size()) << "only one of each pair moves";
  EXPECT_EQ(CodeOf(Daily(100), {.time = "date", .group_near_duplicates = true}), Code::kBadValue);
}

/// The first half trains, then come validation and test.
std::vector<Example> Divided(int count) {
  std::vector<Example> examples = Daily(count);
  for (int i = 0; i < count; ++i) {
    const char* subset = i < count / 2 ? "train" : i < count * 3 / 4 ? "val" : "test";
    examples[static_cast<size_t>(i)].columns["part"] = subset;
    examples[static_cast<size_t>(i)].columns["patient"] = fmt::format("p{}", i / 5);
  }
  return examples;
}

TEST(AssignSplit, TakesADivisionAsItStands) {
  auto examples = Divided(100);
  const SplitConfig config{.group = "patient", .time = "date", .subset = "part"};
  EXPECT_EQ(AssignSplit(examples, config, kSeed).Counts(), (std::array<int64_t, 3>{50, 25, 25}));
  examples[3].columns["part"] = "learn";
  EXPECT_EQ(CodeOf(examples, config), Code::kBadValue);
  EXPECT_EQ(CodeOf(Divided(100), {.cuts = {"2024-02-01", "2024-03-01"}, .subset = "part"}),
            Code::kBadValue);
}

TEST(AssignSplit, AGroupInSeveralSubsetsStopsTheRun) {
  auto examples = Divided(100);
  examples[99].columns["patient"] = "p3";  // in training too
  SplitConfig config{.group = "patient", .subset = "part"};
  EXPECT_EQ(LeakOf(examples, config), "groups stand in several subsets: " + examples[15].id +
                                          " (train) has the same `patient` as " + examples[99].id +
                                          " (test)");
  config.allow_group_overlap = true;
  EXPECT_EQ(AssignSplit(examples, config, kSeed).groups.examples, 1);
  // By time the border falls where it falls.
  for (size_t i = 0; i < 100; ++i) examples[i].columns["patient"] = fmt::format("p{}", (i + 2) / 5);
  EXPECT_NE(LeakOf(examples, {.group = "patient", .time = "date"}), "");
}

TEST(AssignSplit, ATimeInSeveralSubsetsStopsTheRun) {
  auto examples = Divided(100);
  examples[10].columns["date"] = "2024-12-24";
  SplitConfig config{.time = "date", .subset = "part"};
  const std::string leak = LeakOf(examples, config);
  EXPECT_NE(leak.find(examples[10].id + " (train) of 2024-12-24 is not before " + examples[50].id),
            std::string::npos)
      << leak;
  config.allow_time_overlap = true;
  EXPECT_EQ(AssignSplit(examples, config, kSeed).times.examples, 50);
  // Days without a gap are far enough apart; with a gap of a week they are not.
  config = {.time = "date", .gap = {std::chrono::hours(7 * 24)}, .subset = "part"};
  EXPECT_NE(LeakOf(Divided(100), config), "");
}

TEST(AssignSplit, BadRequests) {
  const auto examples = Daily(100);
  EXPECT_EQ(CodeOf(examples, {.train = 0.9}), Code::kBadValue);
  EXPECT_EQ(CodeOf(examples, {.stratify = {"scenary"}}), Code::kBadValue);
  EXPECT_EQ(CodeOf(examples, {.gap = {std::chrono::hours(1)}}), Code::kBadValue);
  EXPECT_EQ(CodeOf(examples, {.time = "label"}), Code::kBadValue);
  EXPECT_EQ(CodeOf({}, {}), Code::kNoData);
  EXPECT_EQ(CodeOf(Daily(1), {}), Code::kNoData);
}

TEST(SplitConfig, IsReadFromAProject) {
  const auto config = config::Read<SplitConfig>(config::ParseYaml(
      "{train: 0.8, validation: 0.1, test: 0.1, stratify: [label, scenario], group: patient}",
      "test"));
  EXPECT_EQ(config.stratify, (std::vector<std::string>{"label", "scenario"}));
  EXPECT_EQ(config.group, "patient");
  try {
    config::Read<SplitConfig>(config::ParseYaml("{train: 0.8}", "test"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
  }
}

TEST(ParseTime, ReadsWhatTablesHold) {
  const int64_t day = 1717113600000;  // date -ud 2024-05-31 +%s
  EXPECT_EQ(ParseTime("2024-05-31").Value(), day);
  EXPECT_EQ(ParseTime("2024-05-31 18:30").Value(), day + 66'600'000);
  EXPECT_EQ(ParseTime("2024-05-31T18:30:05.250Z").Value(), day + 66'605'250);
  EXPECT_EQ(ParseTime("2024-05-31T18:30:00+02:00").Value(), day + 59'400'000);
  EXPECT_EQ(ParseTime("1717113600").Value(), day);
  for (const char* text : {"", "2024-02-30", "31.5.2024", "2024-05-31x", "2024-05-31 25:00",
                           "99999999999999999999", "2024-05-31T", "-", "2024-5-31"}) {
    ASSERT_FALSE(ParseTime(text)) << text;
    EXPECT_EQ(ParseTime(text).error().code(), Code::kBadValue);
  }
}

}  // namespace
}  // namespace keelrow::data
