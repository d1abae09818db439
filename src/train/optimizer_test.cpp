#include "train/optimizer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "nets/zoo.h"
#include "train/ema.h"
#include "train/initial.h"

namespace keelrow::train {
namespace {

constexpr uint64_t kSeed = 5;
constexpr int kSteps = 7;
constexpr double kDecay = 0.1;

double RateOf(int step) {
  return 0.01 * (step + 1);
}

/// 37 numbers: more than one vector register and a rest.
at::Tensor Drawn(uint64_t seed) {
  return at::empty({37}).normal_(0, 1, at::make_generator<at::CPUGeneratorImpl>(seed));
}

project::OptimizerConfig Named(const std::string& name) {
  project::OptimizerConfig config;
  config.name.value = name;
  config.momentum = 0.9;
  return config;
}

/// Runs the named optimizer on one decayed tensor; gradient t is Drawn(100 + t).
std::vector<double> Trained(const std::string& name) {
  const c10::AutoGradMode no_gradients(false);
  at::Tensor w = Drawn(kSeed);
  w.set_requires_grad(true);
  const auto optimizer =
      MakeOptimizer(Named(name), {{.names = {"w"}, .tensors = {w}, .weight_decay = kDecay}});
  for (int t = 0; t < kSteps; ++t) {
    w.mutable_grad() = Drawn(100 + t);
    optimizer->Step(RateOf(t));
  }
  const Tensor result = FromTorch(w);
  return {result.As<float>().begin(), result.As<float>().end()};
}

/// `update(w, g, t, m, v)` is the formula for one number with two numbers of state.
template <class Update>
std::vector<double> Plain(const Update& update) {
  const Tensor start = FromTorch(Drawn(kSeed));
  std::vector<double> weights(start.As<float>().begin(), start.As<float>().end());
  std::vector<double> m(weights.size());
  std::vector<double> v(weights.size());
  for (int t = 0; t < kSteps; ++t) {
    const Tensor gradient = FromTorch(Drawn(100 + t));
    for (size_t i = 0; i < weights.size(); ++i) {
      update(weights[i], double{gradient.As<float>()[i]}, t, m[i], v[i]);
    }
  }
  return weights;
}

void ExpectNear(const std::vector<double>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 2e-6) << i;
}

TEST(Optimizer, AdamWFollowsThePaper) {
  ExpectNear(Trained("adamw"), Plain([](double& w, double g, int t, double& m, double& v) {
               const double rate = RateOf(t);
               w -= rate * kDecay * w;
               m = 0.9 * m + 0.1 * g;
               v = 0.999 * v + 0.001 * g * g;
               const double m_hat = m / (1 - std::pow(0.9, t + 1));
               const double v_hat = v / (1 - std::pow(0.999, t + 1));
               w -= rate * m_hat / (std::sqrt(v_hat) + 1e-8);
             }));
}

TEST(Optimizer, SgdIsNesterovWithCoupledDecay) {
  ExpectNear(Trained("sgd"), Plain([](double& w, double g, int t, double& m, double&) {
               g += kDecay * w;
               m = 0.9 * m + g;
               w -= RateOf(t) * (g + 0.9 * m);
             }));
}

TEST(Optimizer, EveryChoiceOfTheProjectFileHasARow) {
  std::set<std::string> rows;
  for (const OptimizerKind& row : OptimizerKinds()) rows.insert(std::string(row.name));
  std::set<std::string> choices;
  for (const config::Choice& choice : project::OptimizerChoices()) choices.insert(choice.name);
  EXPECT_EQ(rows, choices);
}

TEST(Optimizer, BiasesAndNormsAreNotDecayed) {
  const nets::Graph graph =
      nets::BuildNetwork("small_cnn", {.input_shape = {1, 28, 28}, .classes = 10});
  const auto groups = GroupParameters(graph, InitialParameters(graph, kSeed), kDecay);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].weight_decay, kDecay);
  for (const at::Tensor& tensor : groups[0].tensors) EXPECT_GT(tensor.dim(), 1);
  EXPECT_EQ(groups[1].weight_decay, 0);
  for (const at::Tensor& tensor : groups[1].tensors) EXPECT_EQ(tensor.dim(), 1);
}

TEST(Ema, FollowsTheFormulaWithALowerDecayAtFirst) {
  const c10::AutoGradMode no_gradients(false);
  Parameters live = {Drawn(1), at::zeros_like(Drawn(1)).to(at::kLong)};
  Ema ema(0.5, live);
  double expected = FromTorch(live[0]).As<float>()[3];
  for (int t = 0; t < 20; ++t) {
    live[0].add_(1);
    live[1].add_(1);
    ema.Update(live, t);
    const double decay = std::min(0.5, (1.0 + t) / (10.0 + t));
    expected = decay * expected + (1 - decay) * FromTorch(live[0]).As<float>()[3];
  }
  EXPECT_NEAR(FromTorch(ema.parameters()[0]).As<float>()[3], expected, 1e-5);
  EXPECT_EQ(FromTorch(ema.parameters()[1]).As<int64_t>()[3], 20);
}

}  // namespace
}  // namespace keelrow::train
