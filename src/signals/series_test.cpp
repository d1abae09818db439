#include "signals/series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace keelrow::signals {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Table = SeriesTable<Tally, 2>;

std::map<std::string, uint64_t> CountsOf(const Table& table) {
  std::map<std::string, uint64_t> counts;
  table.ForEach([&](const auto& labels, const Tally& tally) {
    counts[labels[0] + "/" + labels[1]] = tally.Get();
  });
  return counts;
}

TEST(SeriesTable, KeepsLabelsApart) {
  Table table(8);
  table.Of({"a", "bc"}).Add();
  table.Of({"ab", "c"}).Add(2);
  Tally& same = table.Of({"a", "bc"});
  same.Add();
  EXPECT_THAT(CountsOf(table), ElementsAre(Pair("a/bc", 2), Pair("ab/c", 2)));
  EXPECT_EQ(&table.Of({"a", "bc"}), &same);
}

TEST(SeriesTable, HasNoMoreThanItMay) {
  Table table(3);
  for (int i = 0; i < 1000; ++i) table.Of({"client", std::to_string(i)}).Add();
  EXPECT_THAT(CountsOf(table), ElementsAre(Pair("client/0", 1), Pair("client/1", 1),
                                           Pair("client/2", 1), Pair("other/other", 997)));
  table.Of({"client", "2"}).Add();  // what has a place keeps it
  EXPECT_EQ(CountsOf(table)["client/2"], 2U);
}

TEST(SeriesTable, CountsExactlyWhileManyThreadsAddLabels) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 20'000;
  constexpr int kLabels = 50;
  Table table(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) table.Of({"l", std::to_string((i + t) % kLabels)}).Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto counts = CountsOf(table);
  EXPECT_EQ(counts.size(), size_t{kLabels});
  for (const auto& [label, count] : counts)
    EXPECT_EQ(count, uint64_t{kThreads} * kRounds / kLabels);
}

TEST(StatusTally, KnowsEveryStatus) {
  StatusTally tally;
  for (const int status : {100, 200, 200, 429, 599, 600, 0, -1}) tally.Add(status);
  std::map<int, uint64_t> counts;
  tally.ForEach([&](int status, uint64_t count) { counts[status] = count; });
  EXPECT_THAT(counts,
              ElementsAre(Pair(0, 3), Pair(100, 1), Pair(200, 2), Pair(429, 1), Pair(599, 1)));
}

TEST(Distribution, ABoundBelongsToItsBucket) {
  static constexpr std::array kBounds = {1.0, 2.0};
  Distribution distribution(kBounds);
  for (const double value : {0.5, 1.0, 1.5, 2.0, 3.0}) distribution.Add(value);
  EXPECT_THAT(distribution.Get().counts, ElementsAre(2, 2, 1));
  EXPECT_DOUBLE_EQ(distribution.Get().sum, 8.0);
}

}  // namespace
}  // namespace keelrow::signals
