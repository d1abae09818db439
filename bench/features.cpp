// The pictures per second that `keelrow features` turns into numbers: ResNet-50 up to its
// classifier, through the engine. First it writes the weights that it draws to --weights, for the
// peer, peers/features.py. Prints one line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/parallel.h"
#include "drawn_weights.h"
#include "engine/feature_extractor.h"
#include "guarded_main.h"
#include "nets/onnx_writer.h"
#include "nets/safetensors.h"
#include "nets/zoo.h"

namespace keelrow::engine {
namespace {

struct Options {
  std::string pictures;
  std::string weights;
  int threads = 1;
};

std::string Network(const Options& options) {
  const nets::Graph whole = nets::BuildNetwork("resnet50", {.input_shape = {3, 224, 224}});
  const nets::WeightMap weights = bench::DrawnWeights(whole);
  nets::WriteSafetensors(options.weights, weights);
  return nets::WriteOnnx(nets::WithoutHead(whole), weights);
}

std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> files;
  for (const fs::path& path : paths) files.push_back(ReadFile(path));
  return files;
}

void Measure(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto prepare = config::ReadJson<std::vector<transforms::TransformEntry>>(
      Json::parse(R"([{"decode": "rgb"}, {"resize": 224}, {"normalize": "imagenet"}])"), "bench");
  const std::vector<std::string> files = FilesOf(options.pictures);
  const FeatureExtractor extractor(prepare, Network(options), {.streams = options.threads});
  std::vector<std::vector<float>> features(files.size());
  const auto extract = [&](size_t i) { features[i] = extractor.Features(files[i]); };
  if (files.empty()) throw Error(Code::kNoData, options.pictures + " is empty");
  ParallelFor(std::min<size_t>(8, files.size()), extract, options.threads);
  const Clock::time_point start = Clock::now();
  ParallelFor(files.size(), extract, options.threads);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<float> first;
  for (const auto& row : features) first.push_back(row[0]);
  fmt::print("{}\n", Json{{"pictures_per_second", static_cast<double>(files.size()) / seconds},
                          {"pictures", files.size()},
                          {"features", features[0]},
                          {"first", first}}
                         .dump());
}

int Main(int argc, char** argv) {
  CLI::App app("Pictures per second of keelrow features.", "bench-features");
  Options options;
  app.add_option("--pictures", options.pictures, "A folder of files")->required();
  app.add_option("--weights", options.weights, "Where the weights are written")->required();
  app.add_option("--threads", options.threads);
  CLI11_PARSE(app, argc, argv);
  Measure(options);
  return 0;
}

}  // namespace
}  // namespace keelrow::engine

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::engine::Main, argc, argv);
}
