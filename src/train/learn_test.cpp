#include "train/learn.h"

#include <ATen/Parallel.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "nets/graph_builder.h"
#include "nets/zoo.h"
#include "train/evaluation.h"

namespace keelrow::train {
namespace {

constexpr uint64_t kSeed = 11;
constexpr int64_t kClasses = 5;

TrainJob JobWith(double rate = 0.01) {
  TrainJob job;
  job.seed = kSeed;
  job.train.optimizer = {.name = {"sgd"}, .lr = rate, .weight_decay = 0};
  return job;
}

nets::Graph GraphOf(const std::string& network) {
  return nets::BuildNetwork(network,
                            {.input_shape = {3, 32, 32}, .classes = kClasses, .width = 0.25});
}

Batch Drawn(int64_t count, uint64_t number) {
  Random random(kSeed, "batch", {number});
  std::vector<float> pixels(static_cast<size_t>(count * 3 * 32 * 32));
  for (float& pixel : pixels) pixel = static_cast<float>(random.Uniform(-1, 1));
  std::vector<int64_t> labels(static_cast<size_t>(count));
  for (int64_t& label : labels) label = static_cast<int64_t>(random.Below(kClasses));
  return {.input = Tensor::Of({count, 3, 32, 32}, pixels), .labels = Tensor::Of({count}, labels)};
}

Batch Joined(const Batch& a, const Batch& b) {
  const auto join = [](const Tensor& x, const Tensor& y) {
    Tensor joined = x;
    joined.shape[0] += y.shape[0];
    joined.bytes.insert(joined.bytes.end(), y.bytes.begin(), y.bytes.end());
    return joined;
  };
  return {.input = join(a.input, b.input), .labels = join(a.labels, b.labels)};
}

/// The largest difference between two networks' parameters.
double Distance(State& a, State& b) {
  double most = 0;
  for (size_t i = 0; i < a.live().size(); ++i) {
    if (!a.live()[i].is_floating_point()) continue;
    most =
        std::max(most, a.live()[i].detach().sub(b.live()[i].detach()).abs().max().item<double>());
  }
  return most;
}

/// Without norms, so that two batches of 4 and one of 8 are the same thing.
nets::Graph GraphWithoutNorms() {
  nets::GraphBuilder g;
  const auto x = g.Input("input", {3, 32, 32});
  const auto y = g.Conv2d("conv", x, {.channels = 8, .kernel = 3, .bias = true});
  return std::move(g).Build(g.Linear("fc", g.Flatten(g.Relu(y)), {.features = kClasses}));
}

TEST(Learn, AccumulatedBatchesAreOneLargeBatch) {
  const Interpreter network(GraphWithoutNorms());
  State apart(network.graph(), JobWith());
  State together(network.graph(), JobWith());
  const Batch first = Drawn(6, 1);
  const Batch second = Drawn(2, 2);  // sizes differ: the mean is over examples, not over batches
  const std::vector<Batch> both = {first, second};
  const std::vector<Batch> joined = {Joined(first, second)};
  const double a = Learn(network, apart, both, {.accumulate = 2}, {.step = 0, .rate = 0.1});
  const double b = Learn(network, together, joined, {}, {.step = 0, .rate = 0.1});
  EXPECT_NEAR(a, b, 1e-6);
  EXPECT_LT(Distance(apart, together), 1e-6);
}

TEST(Learn, AFrozenBodyKeepsEveryBit) {
  const Interpreter network(GraphOf("resnet18"));
  State state(network.graph(), JobWith());
  const State before(network.graph(), JobWith());
  const std::vector<Batch> batch = {Drawn(4, 1)};
  for (int64_t t = 0; t < 2; ++t) {
    Learn(network, state, batch, {}, {.step = t, .rate = 0.1, .scope = Scope::kHead});
  }
  const nets::WeightMap old = before.Save();
  for (const auto& [name, tensor] : state.Save()) {
    const bool head = name.ends_with("fc.weight") || name.ends_with("fc.bias");
    EXPECT_EQ(tensor == old.at(name), !head) << name;
  }
  Learn(network, state, batch, {}, {.step = 2, .rate = 0.1});
  EXPECT_NE(state.Save().at("live.conv1.weight"), old.at("live.conv1.weight"));
}

/// PyTorch's loss of soft targets: each class's share, smoothed, times its weight, and the mean
/// over the examples, not over the weights.
double SoftLoss(const at::Tensor& log_p, const at::Tensor& targets,
                const std::vector<float>& weights, double smoothing) {
  double loss = 0;
  for (int64_t i = 0; i < log_p.size(0); ++i) {
    for (int64_t k = 0; k < kClasses; ++k) {
      const double share = targets[i][k].item<double>() * (1 - smoothing) + smoothing / kClasses;
      loss -= weights[static_cast<size_t>(k)] * share * log_p[i][k].item<double>();
    }
  }
  return loss / static_cast<double>(log_p.size(0));
}

TEST(Learn, MixedLabelsCountByTheirSharesAndWeights) {
  for (const std::vector<float>& weights : {std::vector<float>(kClasses, 1), {0.5, 2, 1, 0, 3}}) {
    const Interpreter network(GraphWithoutNorms());
    State state(network.graph(), JobWith());
    Batch batch = Drawn(8, 1);
    const transforms::MixOptions mix{.mixup = 1};
    Random random(kSeed, "mix");
    auto mixed = transforms::Mix(std::move(batch.input), batch.labels, kClasses, mix, random);
    batch.input = std::move(mixed.input);
    batch.targets = std::move(mixed.targets);
    at::Tensor log_p;
    {
      const c10::AutoGradMode no_gradients(false);
      log_p = at::log_softmax(network.Forward(state.live(), ToInput(batch.input), {}), 1);
    }
    const double expected = SoftLoss(log_p, ToTorch(*batch.targets), weights, 0.1);
    const LearnOptions options{.label_smoothing = 0.1,
                               .class_weights = ToTorch(Tensor::Of({kClasses}, weights))};
    EXPECT_NEAR(Learn(network, state, std::span(&batch, 1), options, {.step = 0, .rate = 0.1}),
                expected, 1e-5);
  }
}

TEST(Learn, SmoothedLabelsSpreadTheirShare) {
  const Interpreter network(GraphWithoutNorms());
  State state(network.graph(), JobWith());
  const Batch batch = Drawn(8, 1);
  at::Tensor log_p;
  {
    const c10::AutoGradMode no_gradients(false);
    log_p = at::log_softmax(network.Forward(state.live(), ToInput(batch.input), {}), 1);
  }
  constexpr double kShare = 0.2;
  double expected = 0;
  for (int64_t i = 0; i < 8; ++i) {
    const at::Tensor row = log_p[i];
    expected -=
        (1 - kShare) * row[batch.labels.As<int64_t>()[static_cast<size_t>(i)]].item<double>();
    expected -= kShare * row.mean().item<double>();
  }
  const double loss = Learn(network, state, std::span(&batch, 1), {.label_smoothing = kShare},
                            {.step = 0, .rate = 0.1});
  EXPECT_NEAR(loss, expected / 8, 1e-5);
}

class Bfloat16 : public testing::TestWithParam<const char*> {};

TEST_P(Bfloat16, LearnsABatchByHeart) {
  at::set_num_threads(1);  // threads that wait for each other on a busy machine cost a minute
  const Interpreter network(GraphOf(GetParam()));
  State exact(network.graph(), JobWith());
  State rough(network.graph(), JobWith());
  const std::vector<Batch> batch = {Drawn(8, 1)};
  std::vector<double> losses;
  for (int64_t t = 0; t < 10; ++t) {
    losses.push_back(Learn(network, rough, batch, {.bfloat16 = true}, {.step = t, .rate = 0.005}));
  }
  EXPECT_NE(losses[0], Learn(network, exact, batch, {}, {.step = 0, .rate = 0.005}))
      << "nothing was computed in bfloat16";
  EXPECT_LT(losses.back(), 0.95 * losses[0]);
  for (const at::Tensor& tensor : rough.live()) {
    EXPECT_TRUE(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kLong);
  }
}

// Between them they have every operator.
INSTANTIATE_TEST_SUITE_P(Networks, Bfloat16,
                         testing::Values("small_cnn", "resnet18", "mobilenet_v2",
                                         "efficientnet_b0"));

TEST(State, KnowsWeightsThatAreNoNumbers) {
  const c10::AutoGradMode no_gradients(false);
  State state(GraphWithoutNorms(), JobWith());
  EXPECT_TRUE(state.IsFinite());
  state.live()[0][0].fill_(std::nan(""));
  EXPECT_FALSE(state.IsFinite());
}

}  // namespace
}  // namespace keelrow::train
