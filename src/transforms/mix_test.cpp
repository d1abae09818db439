#include "transforms/mix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace keelrow::transforms {
namespace {

constexpr int64_t kClasses = 5;

/// Four pictures of 2 x 6 x 8, each of one value: 10, 20, 30, 40; labels 0, 1, 2, 4.
Tensor Pictures() {
  Tensor input = Tensor::Zeros(DType::kFloat32, {4, 2, 6, 8});
  for (size_t i = 0; i < 4 * 96; ++i) input.As<float>()[i] = static_cast<float>(i / 96 + 1) * 10;
  return input;
}

const Tensor& Labels() {
  static const Tensor labels = Tensor::Of<int64_t>({4}, {0, 1, 2, 4});
  return labels;
}

MixedBatch Mixed(const MixOptions& options, uint64_t batch) {
  Random random(7, "mix", {batch});
  return Mix(Pictures(), Labels(), kClasses, options, random);
}

/// How much of example 1 is its own, by its targets; the rest must be of example 0.
double OwnShare(const MixedBatch& batch) {
  const auto targets = batch.targets.As<float>();
  EXPECT_NEAR(targets[kClasses] + targets[kClasses + 1], 1, 1e-6);
  return targets[kClasses + 1];
}

double MeanOf(const MixedBatch& batch, size_t example) {
  const auto values = batch.input.As<float>().subspan(example * 96, 96);
  return std::accumulate(values.begin(), values.end(), 0.0) / 96;
}

TEST(Mix, OffGivesPicturesAndOneHotTargets) {
  for (const MixOptions& options : {MixOptions{}, MixOptions{.mixup = 1, .probability = 0}}) {
    const MixedBatch batch = Mixed(options, 1);
    EXPECT_EQ(batch.input, Pictures());
    EXPECT_EQ(batch.targets, Tensor::Of<float>({4, kClasses}, {1, 0, 0, 0, 0,  //
                                                               0, 1, 0, 0, 0,  //
                                                               0, 0, 1, 0, 0,  //
                                                               0, 0, 0, 0, 1}));
  }
}

TEST(Mix, MixupMixesPicturesAsItsTargets) {
  for (uint64_t round = 0; round < 20; ++round) {
    const MixedBatch batch = Mixed({.mixup = 0.4}, round);
    const double share = OwnShare(batch);
    EXPECT_NEAR(MeanOf(batch, 1), 20 * share + 10 * (1 - share), 1e-4);
    EXPECT_NEAR(MeanOf(batch, 0), 10 * share + 40 * (1 - share), 1e-4);  // the last comes before
    EXPECT_NEAR(batch.targets.As<float>()[4], 1 - share, 1e-6);
  }
}

TEST(Mix, CutmixLaysARectangleOfTheTargetsAreaOver) {
  std::vector<double> shares;
  for (uint64_t round = 0; round < 40; ++round) {
    const MixedBatch batch = Mixed({.cutmix = 1}, round);
    shares.push_back(OwnShare(batch));
    const auto values = batch.input.As<float>().subspan(96, 96);
    EXPECT_EQ(std::ranges::count(values, 10.0F), std::lround(96 * (1 - shares.back())));
    EXPECT_EQ(std::ranges::count(values, 20.0F), std::lround(96 * shares.back()));
  }
  EXPECT_NE(*std::ranges::min_element(shares), *std::ranges::max_element(shares));
}

TEST(Mix, BothTakeTurnsAndTheStreamAloneDecides) {
  int cut = 0;
  for (uint64_t round = 0; round < 400; ++round) {
    const MixOptions options{.mixup = 1, .cutmix = 1, .cutmix_share = 0.25};
    const MixedBatch batch = Mixed(options, round);
    const MixedBatch again = Mixed(options, round);
    EXPECT_EQ(batch.input, again.input);
    EXPECT_EQ(batch.targets, again.targets);
    const auto values = batch.input.As<float>().subspan(96, 96);
    cut += std::ranges::all_of(values, [](float v) { return v == 10 || v == 20; }) ? 1 : 0;
  }
  EXPECT_NEAR(cut, 100, 30);
}

TEST(Mix, SingleExamplesStayThemselves) {
  Random random(7, "mix");
  const Tensor one = Tensor::Of<float>({1, 1, 1, 2}, {3, 4});
  const Tensor label = Tensor::Of<int64_t>({1}, {1});
  EXPECT_EQ(Mix(one, label, 2, {.mixup = 1}, random).input, one);
}

TEST(DrawBeta, HasItsMeanAndVariance) {
  for (const double alpha : {0.05, 0.2, 1.0, 4.0}) {
    Random random(7, "beta");
    constexpr int kDraws = 20000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double draw = DrawBeta(alpha, random);
      ASSERT_GE(draw, 0);
      ASSERT_LE(draw, 1);
      sum += draw;
      squares += (draw - 0.5) * (draw - 0.5);
    }
    EXPECT_NEAR(sum / kDraws, 0.5, 0.02) << alpha;
    EXPECT_NEAR(squares / kDraws, 1 / (8 * alpha + 4), 0.01) << alpha;
  }
}

}  // namespace
}  // namespace keelrow::transforms
