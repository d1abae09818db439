#include "labels/matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace keelrow::labels {
namespace {

double Sum(const std::vector<Edge>& edges) {
  double sum = 0;
  for (const Edge& edge : edges) sum += edge.weight;
  return sum;
}

/// Tries every one-to-one partnership; right_count >= left_count.
double BestByTrial(int left_count, int right_count, const std::vector<Edge>& edges) {
  std::vector<std::vector<double>> weight(left_count, std::vector<double>(right_count, 0));
  for (const Edge& edge : edges) weight[edge.left][edge.right] = edge.weight;
  std::vector<int> order(right_count);
  std::iota(order.begin(), order.end(), 0);
  double best = 0;
  do {
    double sum = 0;
    for (int i = 0; i < left_count; ++i) sum += weight[i][order[i]];
    best = std::max(best, sum);
  } while (std::ranges::next_permutation(order).found);
  return best;
}

TEST(BestMatching, TheGreedyPairIsNotAlwaysTheBest) {
  const std::vector<Edge> edges = {{0, 0, 0.9}, {0, 1, 0.8}, {1, 0, 0.8}};
  EXPECT_DOUBLE_EQ(Sum(BestMatching(2, 2, edges)), 1.6);
}

TEST(BestMatching, OfNothingIsNothing) {
  EXPECT_TRUE(BestMatching(0, 0, {}).empty());
  EXPECT_TRUE(BestMatching(3, 2, {}).empty());
}

TEST(BestMatching, AgreesWithTryingEverything) {
  for (uint64_t trial = 0; trial < 300; ++trial) {
    SCOPED_TRACE(trial);
    Random random(7, "matching", {trial});
    const int lefts = 1 + static_cast<int>(random.Below(5));
    const int rights = lefts + static_cast<int>(random.Below(3));
    std::vector<Edge> edges;
    for (int i = 0; i < lefts; ++i) {
      for (int j = 0; j < rights; ++j) {
        if (random.Coin(0.6)) edges.push_back({i, j, random.Uniform(0.5, 1)});
      }
    }
    const std::vector<Edge> matched = BestMatching(lefts, rights, edges);
    EXPECT_NEAR(Sum(matched), BestByTrial(lefts, rights, edges), 1e-9);
    std::vector<Edge> flipped;
    for (const Edge& edge : edges) flipped.push_back({edge.right, edge.left, edge.weight});
    EXPECT_NEAR(Sum(BestMatching(rights, lefts, flipped)), Sum(matched), 1e-9);
    for (size_t a = 0; a < matched.size(); ++a) {
      for (size_t b = a + 1; b < matched.size(); ++b) {
        EXPECT_TRUE(matched[a].left != matched[b].left && matched[a].right != matched[b].right);
      }
    }
  }
}

}  // namespace
}  // namespace keelrow::labels
