// The pictures per second that `keelrow features` turns into numbers: ResNet-50 up to its
// classifier, through the engine. First it writes the weights that it draws to --weights, for the
// peer, peers/features.py. Prints one line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/random.h"
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

/// Uniform with He's variance; norms near the identity. What is drawn depends on the name alone.
Tensor Drawn(const nets::Graph::Parameter& parameter) {
  Tensor tensor = Tensor::Zeros(parameter.dtype, parameter.shape);
  if (parameter.dtype != DType::kFloat32) return tensor;
  Random random(7, "bench:" + parameter.name);
  const bool matrix = parameter.shape.size() > 1;
  const bool scale = parameter.name.ends_with("weight") || parameter.name.ends_with("running_var");
  const double width = std::sqrt(6 / static_cast<double>(parameter.fan_in));
  for (float& value : tensor.As<float>()) {
    const double drawn = matrix  ? random.Uniform(-width, width)
                         : scale ? random.Uniform(0.75, 1.25)
                                 : random.Uniform(-0.1, 0.1);
    value = static_cast<float>(drawn);
  }
  return tensor;
}

std::string Network(const Options& options) {
  const nets::Graph whole = nets::BuildNetwork("resnet50", {.input_shape = {3, 224, 224}});
  nets::WeightMap weights;
  for (const nets::Graph::Parameter& parameter : whole.parameters) {
    weights[parameter.name] = Drawn(parameter);
  }
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
