#include "train/optimizer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "nets/zoo.h"
#include "train/ema.h"
#include "train/initial.h"
#include "train/layers.h"

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

TEST(Optimizer, AdamDecaysInTheGradient) {
  ExpectNear(Trained("adam"), Plain([](double& w, double g, int t, double& m, double& v) {
               g += kDecay * w;
               m = 0.9 * m + 0.1 * g;
               v = 0.999 * v + 0.001 * g * g;
               const double m_hat = m / (1 - std::pow(0.9, t + 1));
               const double v_hat = v / (1 - std::pow(0.999, t + 1));
               w -= RateOf(t) * m_hat / (std::sqrt(v_hat) + 1e-8);
             }));
}

TEST(Optimizer, LionStepsByTheSign) {
  ExpectNear(Trained("lion"), Plain([](double& w, double g, int t, double& m, double&) {
               const double c = 0.9 * m + 0.1 * g;
               const double sign = (c > 0) - (c < 0);
               w -= RateOf(t) * (sign + kDecay * w);
               m = 0.99 * m + 0.01 * g;
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
  project::TrainConfig config;
  config.optimizer.weight_decay = kDecay;
  size_t seen = 0;
  for (const ParameterGroup& group :
       GroupParameters(graph, InitialParameters(graph, kSeed), config)) {
    for (const at::Tensor& tensor : group.tensors) {
      EXPECT_EQ(group.weight_decay, tensor.dim() > 1 ? kDecay : 0);
      ++seen;
    }
  }
  EXPECT_EQ(seen, std::ranges::count_if(graph.parameters, &nets::Graph::Parameter::trainable));
}

TEST(Layers, FollowTheNamesAndEndInTheClassifier) {
  const nets::Graph graph =
      nets::BuildNetwork("resnet18", {.input_shape = {3, 64, 64}, .classes = 10});
  const std::vector<int> layers = LayersOf(graph);
  std::map<std::string, int> by_name;
  for (size_t i = 0; i < layers.size(); ++i) by_name[graph.parameters[i].name] = layers[i];
  EXPECT_EQ(by_name.at("conv1.weight"), 0);
  EXPECT_EQ(by_name.at("bn1.bias"), 1);
  EXPECT_EQ(by_name.at("layer1.0.conv1.weight"), 2);
  EXPECT_EQ(by_name.at("layer1.0.bn2.weight"), 2);
  EXPECT_EQ(by_name.at("layer4.0.downsample.0.weight"), 8);
  EXPECT_EQ(by_name.at("layer4.1.conv2.weight"), 9);
  EXPECT_EQ(by_name.at("fc.bias"), 10);
}

TEST(Optimizer, EarlierLayersLearnSlower) {
  const nets::Graph graph =
      nets::BuildNetwork("resnet18", {.input_shape = {3, 64, 64}, .classes = 10, .width = 0.25});
  project::TrainConfig config;
  config.layer_decay = 0.5;
  for (const ParameterGroup& group :
       GroupParameters(graph, InitialParameters(graph, kSeed), config)) {
    const bool head = std::ranges::count(group.names, "fc.weight") > 0 ||
                      std::ranges::count(group.names, "fc.bias") > 0;
    EXPECT_EQ(group.head, head);
    if (head) {
      EXPECT_EQ(group.rate_factor, 1);
    }
    if (std::ranges::count(group.names, "conv1.weight") > 0) {
      EXPECT_EQ(group.rate_factor, std::pow(0.5, 10));
    }
  }
}

TEST(Optimizer, WhatIsOutOfScopeDoesNotAge) {
  const c10::AutoGradMode no_gradients(false);
  at::Tensor body = Drawn(1).set_requires_grad(true);
  at::Tensor head = Drawn(2).set_requires_grad(true);
  const auto optimizer =
      MakeOptimizer(Named("adamw"), {{.names = {"body"}, .tensors = {body}},
                                     {.names = {"head"}, .tensors = {head}, .head = true}});
  head.mutable_grad() = Drawn(3);
  for (int t = 0; t < 3; ++t) optimizer->Step(0.1, Scope::kHead);
  EXPECT_EQ(FromTorch(body), FromTorch(Drawn(1)));
  // The body's first step is Adam's first: by the rate, whatever the gradient's length.
  body.mutable_grad() = Drawn(4);
  optimizer->Step(0.1);
  EXPECT_NEAR(body.sub(Drawn(1)).abs().max().item<double>(), 0.1, 1e-6);
}

TEST(ClipGradients, ShortensWhatIsTooLongAndNothingElse) {
  Parameters parameters = {Drawn(1), Drawn(2), Drawn(3)};
  parameters[0].mutable_grad() = at::full({37}, 3.0);
  parameters[1].mutable_grad() = at::full({37}, 4.0);
  const double norm = 5 * std::sqrt(37.0);
  EXPECT_NEAR(ClipGradients(parameters, 100), norm, 1e-4);
  EXPECT_EQ(parameters[0].grad()[0].item<float>(), 3);
  EXPECT_NEAR(ClipGradients(parameters, 1), norm, 1e-4);
  EXPECT_NEAR(parameters[0].grad()[0].item<float>(), 3 / norm, 1e-6);
  EXPECT_NEAR(parameters[1].grad()[0].item<float>(), 4 / norm, 1e-6);
  EXPECT_FALSE(parameters[2].grad().defined());
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
