#include "train/interpreter.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "nets/graph_builder.h"
#include "nets/ops.h"
#include "nets/zoo.h"
#include "train/evaluation.h"
#include "train/initial.h"

namespace keelrow::train {
namespace {

constexpr uint64_t kSeed = 3;

at::Tensor Pictures() {
  const at::Tensor x = at::empty({2, 1, 16, 16});
  return x.normal_(0, 1, at::make_generator<at::CPUGeneratorImpl>(kSeed));
}

nets::Graph SmallGraph(double dropout = 0) {
  return nets::BuildNetwork("small_cnn",
                            {.input_shape = {1, 16, 16}, .classes = 5, .dropout = dropout});
}

Tensor Output(const Interpreter& network, const Parameters& parameters, const Pass& pass) {
  const c10::AutoGradMode no_gradients(false);
  return FromTorch(network.Forward(parameters, Pictures(), pass));
}

TEST(Kernels, EveryOperatorOfNetsHasARow) {
  std::set<std::string_view> ours;
  for (const Kernel& kernel : Kernels()) ours.insert(kernel.name);
  std::set<std::string_view> theirs;
  for (const nets::Operator& row : nets::Operators()) theirs.insert(row.name);
  EXPECT_EQ(ours, theirs);
}

TEST(Kernels, UnknownOperatorIsUnsupported) {
  try {
    FindKernel("fft");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kUnsupported);
  }
}

TEST(Interpreter, EveryNetworkHasTheDeclaredShapesAndGradients) {
  for (const nets::Network& row : nets::Zoo()) {
    SCOPED_TRACE(row.name);
    const nets::Graph graph = nets::BuildNetwork(
        row.name, {.input_shape = {1, 16, 16}, .classes = 5, .dropout = 0.2, .width = 0.25});
    const Interpreter network(graph);
    const Parameters parameters = InitialParameters(graph, kSeed);
    const at::Tensor y = network.Forward(parameters, ToInput(FromTorch(Pictures())),
                                         {.training = true, .seed = kSeed});
    EXPECT_EQ(y.sizes().vec(), (std::vector<int64_t>{2, 5}));
    y.pow(2).sum().backward();
    for (size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_EQ(parameters[i].grad().defined(), graph.parameters[i].trainable)
          << graph.parameters[i].name;
    }
  }
}

TEST(Interpreter, LayoutAndOverwritingDoNotChangeTheAnswer) {
  const nets::Graph graph =
      nets::BuildNetwork("resnet18", {.input_shape = {1, 16, 16}, .classes = 5, .width = 0.25});
  const Parameters parameters = InitialParameters(graph, kSeed);
  Parameters rows;
  for (const at::Tensor& tensor : parameters) rows.push_back(tensor.detach().contiguous());
  const Interpreter network(graph);
  const c10::AutoGradMode no_gradients(false);
  const at::Tensor a = network.Forward(parameters, ToInput(FromTorch(Pictures())), {});
  const at::Tensor b = network.Forward(rows, Pictures(), {});
  EXPECT_LT(a.sub(b).abs().max().item<float>(), 1e-4);
}

TEST(Interpreter, DropoutFollowsSeedAndStepAndIsOffInEvaluation) {
  const Interpreter network(SmallGraph(0.5));
  const auto fresh = [&] { return InitialParameters(network.graph(), kSeed); };
  const auto at_step = [&](uint64_t step) {
    return Output(network, fresh(), {.training = true, .seed = kSeed, .step = step});
  };
  EXPECT_EQ(at_step(4), at_step(4));
  EXPECT_NE(at_step(4), at_step(5));
  EXPECT_EQ(Output(network, fresh(), {.seed = 1}), Output(network, fresh(), {.seed = 2}));
}

TEST(Kernels, DropoutKeepsItsShareAndTheMean) {
  nets::GraphBuilder g;
  const auto x = g.Input("input", {3, 40, 40});
  const Interpreter network(std::move(g).Build(g.Dropout(x, 0.3)));
  const at::Tensor y = network.Forward({}, at::ones({4, 3, 40, 40}), {.training = true});
  EXPECT_NEAR(y.eq(0).sum().item<double>() / 19200, 0.3, 0.015);  // 4.5 standard deviations
  EXPECT_FLOAT_EQ(y.max().item<float>(), 1 / 0.7F);
}

TEST(Interpreter, OnlyATrainingPassChangesRunningStatistics) {
  const Interpreter network(SmallGraph());
  const Parameters parameters = InitialParameters(network.graph(), kSeed);
  const auto counter = [&] {
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].scalar_type() == at::kLong) return parameters[i].item<int64_t>();
    }
    return int64_t{-1};
  };
  Output(network, parameters, {});
  EXPECT_EQ(counter(), 0);
  Output(network, parameters, {.training = true});
  EXPECT_EQ(counter(), 1);
}

TEST(Initial, DependsOnTheNameNotOnTheOrder) {
  const nets::Graph graph = SmallGraph();
  nets::Graph reversed = graph;
  std::ranges::reverse(reversed.parameters);
  const Parameters forward = InitialParameters(graph, kSeed);
  const Parameters backward = InitialParameters(reversed, kSeed);
  for (size_t i = 0; i < forward.size(); ++i) {
    EXPECT_EQ(FromTorch(forward[i]), FromTorch(backward[forward.size() - 1 - i]));
  }
}

TEST(Initial, FollowsTheDeclaredDistribution) {
  using Init = nets::Graph::Init;
  nets::Graph graph;
  graph.parameters = {
      {.name = "normal", .shape = {64, 32, 3, 3}, .init = Init::kKaimingNormalFanOut},
      {.name = "uniform", .shape = {100, 100}, .init = Init::kUniformFanIn, .fan_in = 100}};
  const Parameters drawn = InitialParameters(graph, kSeed);
  EXPECT_NEAR(drawn[0].std().item<double>(), std::sqrt(2.0 / (64 * 9)), 1e-3);
  EXPECT_LE(drawn[1].abs().max().item<double>(), 0.1);
  EXPECT_NEAR(drawn[1].std().item<double>(), 0.2 / std::sqrt(12.0), 1e-3);
}

}  // namespace
}  // namespace keelrow::train
