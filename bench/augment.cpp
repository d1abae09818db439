// The pictures per second that keelrow-trainer's own loader augments, from a folder of files; the
// peer is peers/augment.py. Prints one line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "base/error.h"
#include "base/json.h"
#include "guarded_main.h"
#include "train/example_set.h"
#include "train/sampler.h"

namespace keelrow::train {
namespace {

constexpr uint64_t kSeed = 7;

// What Keras does when nothing else is asked for: the nearest pixel, and values from 0 to 255.
constexpr const char* kPrepare =
    "[{resize: {size: 224, filter: nearest}}, {normalize: {rescale: 1}}]";
constexpr const char* kAugment =
    "[{affine: {rotation: 20, width_shift: 0.2, height_shift: 0.2}}, {flip: {horizontal: true}}]";

struct Options {
  std::string pictures;
  int epochs = 1;
  int batch = 32;
  int threads = 1;
};

template <class Entry>
std::vector<Entry> Parse(const char* yaml) {
  return config::Read<std::vector<Entry>>(config::ParseYaml(yaml, "the bench"));
}

Preparation Prepare(const Options& options, const std::vector<data::Example>& examples) {
  std::vector<std::string> labels;
  for (const data::Example& example : examples) labels.push_back(example.label);
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return {
      .source = data::OpenSource({.path = options.pictures}),
      .chain = transforms::Chain(Parse<transforms::TransformEntry>(kPrepare)),
      .augmentation = transforms::AugmentationChain(Parse<transforms::AugmentationEntry>(kAugment)),
      .labels = labels,
      .seed = kSeed};
}

/// Of every 97th value: as much of the batch as says whether it is right, and costs no time.
double MeanOf(const Tensor& tensor) {
  const auto values = tensor.As<float>();
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < values.size(); i += 97, ++count) sum += values[i];
  return sum / static_cast<double>(count);
}

/// The mean of the values shows that both sides give the same pictures, but for what they draw.
void Measure(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto examples = data::OpenSource({.path = options.pictures})->List();
  const Preparation preparation = Prepare(options, examples);
  const Clock::time_point start = Clock::now();
  const ExampleSet set(preparation, examples);
  int64_t pictures = 0;
  double mean = 0;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const auto batch_size = static_cast<size_t>(options.batch);
    const auto prepare = [&](size_t i) { return set.Augmented(i, static_cast<uint64_t>(epoch)); };
    Loader loader(ShuffledBatches({.count = set.size(), .batch_size = batch_size}, kSeed,
                                  static_cast<uint64_t>(epoch)),
                  prepare, {.threads = options.threads});
    while (const auto batch = loader.Next()) {
      pictures += batch->size();
      mean += MeanOf(batch->input) * static_cast<double>(batch->size());
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print("{}\n", Json{{"pictures_per_second", static_cast<double>(pictures) / seconds},
                          {"pictures", pictures},
                          {"mean", mean / static_cast<double>(pictures)}}
                         .dump());
}

int Main(int argc, char** argv) {
  CLI::App app("Pictures per second of keelrow-trainer's loader.", "bench-augment");
  Options options;
  app.add_option("--pictures", options.pictures, "A folder per class")->required();
  app.add_option("--epochs", options.epochs);
  app.add_option("--batch", options.batch);
  app.add_option("--threads", options.threads);
  CLI11_PARSE(app, argc, argv);
  Measure(options);
  return 0;
}

}  // namespace
}  // namespace keelrow::train

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::train::Main, argc, argv);
}
