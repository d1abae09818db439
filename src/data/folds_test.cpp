#include "data/folds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"

namespace keelrow::data {
namespace {

constexpr uint64_t kSeed = 7;

std::vector<Example> MakeSet(int classes, int each) {
  std::vector<Example> examples;
  for (int i = 0; i < classes * each; ++i) {
    const std::string id = fmt::format("{}/{}.png", i % classes, i);
    examples.push_back(
        {.id = id, .label = std::to_string(i % classes), .content_hash = Sha256Hex(id)});
  }
  return examples;
}

/// The fold that holds each example back.
std::map<std::string, size_t> HeldBack(const std::vector<Example>& examples,
                                       const std::vector<Fold>& folds) {
  std::map<std::string, size_t> held_back;
  for (size_t f = 0; f < folds.size(); ++f) {
    for (const size_t i : folds[f].held_back) {
      EXPECT_TRUE(held_back.emplace(examples[i].id, f).second) << "twice: " << examples[i].id;
    }
  }
  return held_back;
}

Code CodeOf(const std::vector<Example>& examples, const SplitConfig& config, int count) {
  try {
    AssignFolds(examples, config, count, kSeed);
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;
}

TEST(AssignFolds, WhatLooksAlikeIsHeldBackTogetherWhereAskedFor) {
  const auto examples = MakeSet(2, 40);
  std::vector<NearDuplicate> alike;
  for (size_t i = 0; i + 1 < examples.size(); i += 2) alike.push_back({i, i + 1, 0, 1.0});
  const auto apart = [&](const SplitConfig& config) {
    const auto folds = AssignFolds(examples, config, 4, kSeed, alike);
    const auto held_back = HeldBack(examples, folds);
    return std::ranges::count_if(alike, [&](const NearDuplicate& pair) {
      return held_back.at(examples[pair.first].id) != held_back.at(examples[pair.second].id);
    });
  };
  EXPECT_GT(apart({}), 0);
  EXPECT_EQ(apart({.group_near_duplicates = true}), 0);
}

TEST(AssignFolds, EachExampleIsHeldBackOnceAndLearntFromOtherwise) {
  const auto examples = MakeSet(3, 100);
  const auto folds = AssignFolds(examples, {}, 5, kSeed);
  ASSERT_EQ(folds.size(), 5U);
  EXPECT_EQ(HeldBack(examples, folds).size(), examples.size());
  for (const Fold& fold : folds) {
    std::set<size_t> all(fold.train.begin(), fold.train.end());
    all.insert(fold.held_back.begin(), fold.held_back.end());
    EXPECT_EQ(fold.train.size() + fold.held_back.size(), examples.size());
    EXPECT_EQ(all.size(), examples.size());
    EXPECT_TRUE(std::ranges::is_sorted(fold.train));
  }
}

TEST(AssignFolds, DoesNotMoveWhenRowsAreAddedOrReordered) {
  const auto all = MakeSet(10, 500);
  const auto whole = HeldBack(all, AssignFolds(all, {}, 5, kSeed));
  std::vector<Example> some(all.begin(), all.begin() + 3000);
  std::ranges::reverse(some);
  for (const auto& [id, fold] : HeldBack(some, AssignFolds(some, {}, 5, kSeed))) {
    EXPECT_EQ(fold, whole.at(id)) << id;
  }
  EXPECT_NE(HeldBack(all, AssignFolds(all, {}, 5, kSeed + 1)), whole);
}

TEST(AssignFolds, IsIndependentOfTheSplit) {
  const auto examples = MakeSet(2, 2000);
  const Split split = AssignSplit(examples, {}, kSeed);
  for (const Fold& fold : AssignFolds(examples, {}, 5, kSeed)) {
    const auto tests = std::ranges::count_if(
        fold.held_back, [&](size_t i) { return split.subsets[i] == Subset::kTest; });
    // 800 examples of which 15 % ± 4 · sqrt(0.15 · 0.85 / 800) are the test's.
    EXPECT_NEAR(static_cast<double>(tests) / static_cast<double>(fold.held_back.size()), 0.15,
                0.051);
  }
}

TEST(AssignFolds, ExactKeepsStrataToOneExample) {
  const auto examples = MakeSet(7, 103);
  for (const Fold& fold : AssignFolds(examples, {.exact = true}, 4, kSeed)) {
    std::map<std::string, int> counts;
    for (const size_t i : fold.held_back) ++counts[examples[i].label];
    for (const auto& [label, count] : counts) EXPECT_NEAR(count, 103 / 4.0, 1) << label;
  }
}

TEST(AssignFolds, SmallClassesAreMetInAsManyFoldsAsTheyCan) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    auto examples = MakeSet(2, 5);
    const auto large = MakeSet(2, 200);
    for (Example& example : examples) example.label += " (rare)";
    examples.insert(examples.end(), large.begin(), large.end());
    std::map<std::string, std::set<size_t>> met;
    const auto folds = AssignFolds(examples, {}, 5, seed);
    for (size_t f = 0; f < folds.size(); ++f) {
      for (const size_t i : folds[f].held_back) met[examples[i].label].insert(f);
    }
    for (const auto& [label, where] : met) EXPECT_EQ(where.size(), 5U) << label << " " << seed;
  }
}

TEST(AssignFolds, GroupsAndEqualBytesStayTogether) {
  auto examples = MakeSet(4, 300);
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].columns["patient"] = fmt::format("p{}", i % 61);
  }
  std::map<std::string, std::set<size_t>> where;
  const auto grouped = AssignFolds(examples, {.group = "patient"}, 5, kSeed);
  for (const auto& [id, fold] : HeldBack(examples, grouped)) {
    const auto example = std::ranges::find(examples, id, &Example::id);
    where[example->columns["patient"]].insert(fold);
  }
  for (const auto& [patient, folds] : where) EXPECT_EQ(folds.size(), 1U) << patient;

  for (size_t i = 0; i < 100; ++i) examples[i].content_hash = examples[i + 100].content_hash;
  const auto folds = HeldBack(examples, AssignFolds(examples, {}, 5, kSeed));
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(folds.at(examples[i].id), folds.at(examples[i + 100].id));
  }
}

TEST(AssignFolds, ByTimeTheWindowsExpand) {
  std::vector<Example> examples;
  for (int i = 0; i < 100; ++i) {
    const std::string id = fmt::format("{:02}", i);
    examples.push_back(
        {.id = id,
         .label = i % 2 == 0 ? "a" : "b",
         .columns = {{"date", fmt::format("2024-{:02}-{:02}", 1 + i / 25, 1 + i % 25)}},
         .content_hash = Sha256Hex(id)});
  }
  const SplitConfig config{.time = "date", .gap = {std::chrono::hours(48)}};
  const auto folds = AssignFolds(examples, config, 4, kSeed);
  ASSERT_EQ(folds.size(), 4U);
  for (size_t f = 0; f < 4; ++f) {
    EXPECT_EQ(folds[f].held_back.front(), 20 * (f + 1));
    EXPECT_EQ(folds[f].held_back.size(), 20U);
    EXPECT_EQ(folds[f].train.front(), 0U);
    EXPECT_EQ(folds[f].train.back() + 3, folds[f].held_back.front())
        << "two days before are left out";
  }
}

TEST(AssignFolds, BadRequests) {
  const auto examples = MakeSet(2, 20);
  EXPECT_EQ(CodeOf(examples, {}, 1), Code::kBadValue);
  EXPECT_EQ(CodeOf(examples, {.group = "patient"}, 5), Code::kBadValue);
  EXPECT_EQ(CodeOf({}, {}, 5), Code::kNoData);
  EXPECT_EQ(CodeOf(MakeSet(2, 1), {}, 5), Code::kNoData);
}

}  // namespace
}  // namespace keelrow::data
