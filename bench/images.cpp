#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "case.h"
#include "program.h"

namespace keelrow::bench {
namespace {

/// A network at a size of picture and batch that a step on a few cores takes 5 to 500 ms for.
struct Load {
  std::string network;
  int channels;
  int size;
  int batch;
  int steps;  // timed ones
  std::string limit;
};

std::vector<std::string> Arguments(const Load& load, const Places& places) {
  return {"--network",  load.network,
          "--channels", std::to_string(load.channels),
          "--size",     std::to_string(load.size),
          "--batch",    std::to_string(load.batch),
          "--steps",    std::to_string(load.steps),
          "--threads",  std::to_string(places.threads),
          "--start",    places.scratch / "start.safetensors"};
}

Sample TrainSteps(std::vector<std::string> program, const Load& load, const Places& places) {
  for (std::string& argument : Arguments(load, places)) program.push_back(std::move(argument));
  const Json answer = Run(program, places.scratch / "log.txt").Answer();
  return {.value = answer.at("steps_per_second"), .answer = answer};
}

/// The same kernels work on both sides: equal but for the order of additions.
constexpr double kLossDifferenceMax = 1e-3;

std::string LossFault(const Json& ours, const Json& theirs) {
  const std::vector<double> a = ours.at("losses");
  const std::vector<double> b = theirs.at("losses");
  if (a.size() != b.size() || a.empty()) return "another number of losses";
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::abs(a[i] - b[i]) <= kLossDifferenceMax) continue;
    return fmt::format("after {} steps the losses are {:.5f} and {:.5f}", i, a[i], b[i]);
  }
  return "";
}

Case TrainStep(const std::string& name, const Load& load) {
  return {.suite = "images",
          .name = name,
          .peer = "pytorch",
          .unit = "steps/s",
          .more_is_better = true,
          .help = fmt::format(
              "Whole training steps of {} on {}x{}x{} pictures in batches of {}: forward, cross "
              "entropy, backward, AdamW, and the loss read. Ours is `train::Learn`, the step of "
              "keelrow-trainer; theirs the plain PyTorch loop with its fused AdamW. Both lay "
              "pictures channels-last (at these sizes the faster layout) and use all cores. Right "
              "when ten losses from the same weights on the same batches agree within {}.",
              load.network, load.channels, load.size, load.size, load.batch, kLossDifferenceMax),
          .limit = load.limit,
          .ours =
              [load](const Places& places) {
                return TrainSteps({places.bin / "bench-train-step"}, load, places);
              },
          .theirs =
              [load](const Places& places) {
                return TrainSteps({places.python, places.source / "bench/peers/train_step.py"},
                                  load, places);
              },
          .fault = LossFault};
}

Sample OurDigits(const Places& places) {
  const TemporaryFolder workspace(places.scratch);
  const fs::path example = places.source / "examples/digits";
  const fs::path project = workspace.path() / "keelrow.yaml";
  fs::copy_file(example / "keelrow.yaml", project);
  const std::vector<std::string> keelrow = {places.bin / "keelrow", "-f", project};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), keelrow.begin(), keelrow.end());
    return Run(more, places.scratch / "log.txt");
  };
  const double seconds =
      with({"--set", "data.source=" + (example / "data").string(), "run"}).seconds;
  const Json metrics = with({"-o", "json", "runs", "show", "last"}).Answer().at("metrics");
  return {.value = seconds, .answer = {{"test_accuracy", metrics.at("test.accuracy")}}};
}

Sample TheirDigits(const Places& places) {
  const Ran ran = Run({places.python, places.source / "bench/peers/digits.py",
                       places.source / "examples/digits/data", places.scratch / "model.pt"},
                      places.scratch / "log.txt");
  return {.value = ran.seconds, .answer = ran.Answer()};
}

constexpr double kAccuracyMin = 0.985;

std::string AccuracyFault(const Json& ours, const Json& theirs) {
  const double least =
      std::min(ours.at("test_accuracy").get<double>(), theirs.at("test_accuracy").get<double>());
  return least >= kAccuracyMin ? "" : fmt::format("a test accuracy of only {:.4f}", least);
}

Case Digits() {
  return {.suite = "images",
          .name = "digits_end_to_end",
          .peer = "pytorch",
          .unit = "s",
          .more_is_better = false,
          .help = fmt::format(
              "From a folder of 10,000 PNG files to a trained and tested model, start of the "
              "program included. Ours is `keelrow run` in a fresh workspace of examples/digits, "
              "which also checks the data, packages, gates, reports and promotes. Theirs is "
              "bench/peers/digits.py, the shortest script for the same: pictures decoded once "
              "into memory, augmented by the batch, the same network, epochs, batch size, AdamW, "
              "schedule and averaged weights. Right when both test accuracies reach {}.",
              kAccuracyMin),
          .limit =
              "95 % of the time is the trainer's: oneDNN's kernels 46 %, waiting for the slower of "
              "two threads at the end of each operation 14 %, pooling 6 %, ReLU 5 %; decoding, "
              "checks, evaluation by the engine and the report are the other 5 %.",
          .ours = OurDigits,
          .theirs = TheirDigits,
          .fault = AccuracyFault};
}

}  // namespace

std::vector<Case> ImageCases() {
  return {
      TrainStep("train_step",
                {.network = "small_cnn",
                 .channels = 1,
                 .size = 28,
                 .batch = 64,
                 .steps = 300,
                 .limit = "oneDNN's convolutions 38 %; two threads that wait for each other after "
                          "operations of some 100 µs 15 %; ReLU and pooling 15 %. What the peer "
                          "has beside that is Python's own time between operations."}),
      TrainStep("train_step_resnet18", {.network = "resnet18",
                                        .channels = 3,
                                        .size = 224,
                                        .batch = 16,
                                        .steps = 8,
                                        .limit = "As ResNet-50: the same kernels on both sides."}),
      TrainStep("train_step_resnet50",
                {.network = "resnet50",
                 .channels = 3,
                 .size = 224,
                 .batch = 8,
                 .steps = 8,
                 .limit = "The same kernels on both sides: oneDNN's convolutions 60 %, batch "
                          "normalization 9 %, waiting threads 6 %. The difference is the kernel: "
                          "it clears pages for 12 % of ours, and for 16 % of theirs, because the "
                          "trainer keeps what a step frees."}),
      TrainStep("train_step_efficientnet_lite0",
                {.network = "efficientnet_lite0",
                 .channels = 3,
                 .size = 224,
                 .batch = 16,
                 .steps = 8,
                 .limit = "oneDNN's convolutions 54 %, batch normalization 13 %, ReLU6 and other "
                          "passes over memory 11 %. The kernel clears pages for 9 % of ours and "
                          "for 18 % of theirs: the trainer keeps what a step frees."}),
      Digits(),
  };
}

}  // namespace keelrow::bench
