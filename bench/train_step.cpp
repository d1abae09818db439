// The steps per second of keelrow-trainer's own step, on drawn pictures; the peer is
// peers/train_step.py. Prints one line of JSON.
//
// First it writes the initial weights and a few batches to --start, from which the peer begins too,
// and takes ten steps without dropout and stochastic depth, whose losses are compared; then it
// measures with them.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "guarded_main.h"
#include "nets/safetensors.h"
#include "nets/zoo.h"
#include "train/learn.h"
#include "train/memory.h"

namespace keelrow::train {
namespace {

constexpr uint64_t kSeed = 7;
constexpr int kClasses = 10;
constexpr int kBatches = 4;
constexpr int kComparedSteps = 10;
constexpr int kWarmUpSteps = 5;
constexpr double kRate = 1e-3;

struct Options {
  std::string network = "small_cnn";
  int channels = 1;
  int size = 28;
  int batch = 64;
  int steps = 100;
  int threads = 1;
  std::string start;
};

Tensor DrawnPictures(const Options& options, uint64_t index) {
  Tensor pictures =
      Tensor::Zeros(DType::kFloat32, {options.batch, options.channels, options.size, options.size});
  Random random(kSeed, "bench:pictures", {index});
  for (float& value : pictures.As<float>()) value = static_cast<float>(random.Uniform(-1, 1));
  return pictures;
}

Tensor DrawnLabels(const Options& options, uint64_t index) {
  Tensor labels = Tensor::Zeros(DType::kInt64, {options.batch});
  Random random(kSeed, "bench:labels", {index});
  for (int64_t& label : labels.As<int64_t>()) label = static_cast<int64_t>(random.Below(kClasses));
  return labels;
}

std::vector<Batch> DrawnBatches(const Options& options) {
  std::vector<Batch> batches;
  for (uint64_t i = 0; i < kBatches; ++i) {
    batches.push_back({.input = DrawnPictures(options, i), .labels = DrawnLabels(options, i)});
  }
  return batches;
}

nets::Graph Network(const Options& options) {
  return nets::BuildNetwork(
      options.network,
      {.input_shape = {options.channels, options.size, options.size}, .classes = kClasses});
}

/// The network without what is drawn at every step: dropout, stochastic depth.
nets::Graph WithoutDrawing(nets::Graph graph) {
  for (nets::Graph::Node& node : graph.nodes) {
    const auto probability = node.attributes.find("probability");
    if (probability != node.attributes.end()) probability->second = 0.0;
  }
  return graph;
}

void WriteStart(const Options& options, const nets::Graph& graph, State& state,
                const std::vector<Batch>& batches) {
  nets::WeightMap tensors;
  for (size_t i = 0; i < graph.parameters.size(); ++i) {
    tensors[graph.parameters[i].name] = FromTorch(state.live()[i]);
  }
  for (size_t i = 0; i < batches.size(); ++i) {
    tensors[fmt::format("pictures.{}", i)] = batches[i].input;
    tensors[fmt::format("labels.{}", i)] = batches[i].labels;
  }
  nets::WriteSafetensors(options.start, tensors);
}

/// A network and the state of its training; steps go round the batches.
struct Training {
  Training(nets::Graph graph, const std::vector<Batch>& drawn)
      : network(std::move(graph)), state(network.graph(), Job()), batches(drawn) {}

  static TrainJob Job() {
    TrainJob job;
    job.seed = kSeed;
    return job;
  }

  std::vector<double> Steps(int count) {
    std::vector<double> losses;
    for (int i = 0; i < count; ++i) {
      losses.push_back(Learn(network, state, std::span(&batches[i % kBatches], 1), {.seed = kSeed},
                             {.step = step++, .rate = kRate}));
    }
    return losses;
  }

  const Interpreter network;
  State state;
  const std::vector<Batch>& batches;
  int64_t step = 0;
};

double StepsPerSecond(Training& training, int steps) {
  using Clock = std::chrono::steady_clock;
  training.Steps(kWarmUpSteps);
  const Clock::time_point start = Clock::now();
  training.Steps(steps);
  return steps / std::chrono::duration<double>(Clock::now() - start).count();
}

void Measure(const Options& options) {
  KeepFreedMemory();  // as keelrow-trainer does
  at::set_num_threads(options.threads);
  const std::vector<Batch> batches = DrawnBatches(options);
  Training compared(WithoutDrawing(Network(options)), batches);
  WriteStart(options, compared.network.graph(), compared.state, batches);
  const std::vector<double> losses = compared.Steps(kComparedSteps);
  Training timed(Network(options), batches);
  fmt::print(
      "{}\n",
      Json{{"steps_per_second", StepsPerSecond(timed, options.steps)}, {"losses", losses}}.dump());
}

int Main(int argc, char** argv) {
  CLI::App app("Steps per second of keelrow-trainer.", "bench-train-step");
  Options options;
  app.add_option("--network", options.network);
  app.add_option("--channels", options.channels);
  app.add_option("--size", options.size);
  app.add_option("--batch", options.batch);
  app.add_option("--steps", options.steps);
  app.add_option("--threads", options.threads);
  app.add_option("--start", options.start, "Where weights and batches are written")->required();
  CLI11_PARSE(app, argc, argv);
  Measure(options);
  return 0;
}

}  // namespace
}  // namespace keelrow::train

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::train::Main, argc, argv);
}
