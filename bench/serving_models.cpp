// bench-serving-models DIR: what the suite `serving` serves, with weights that are drawn.
//   DIR/mlp      16-64-3 perceptron; questions.json: what it says to 32 inputs, computed here
//   DIR/photo    EfficientNet-Lite0 for 10 classes, 14 MB, a bundle that takes JPEG files
//   DIR/tensor   3x224x224 numbers in, their three means mixed out: nearly all of it is transport
// Each has keelrow.yaml, models/ as `serve.models.folder` wants it, and weights.safetensors for the
// peers.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "base/files.h"
#include "bundle/bundle.h"
#include "drawn_weights.h"
#include "guarded_main.h"
#include "nets/graph_builder.h"
#include "nets/onnx_writer.h"
#include "nets/safetensors.h"
#include "nets/zoo.h"

namespace keelrow::bench {
namespace {

constexpr int kQuestions = 32;
constexpr int64_t kInputs = 16;
constexpr int64_t kHidden = 64;
constexpr int64_t kOutputs = 3;
constexpr int64_t kClasses = 10;
constexpr int64_t kEdge = 224;

void WriteProject(const fs::path& folder, const std::string& name) {
  MakeFolders(folder / "models");
  WriteFileDurably(folder / "keelrow.yaml",
                   fmt::format("version: 1\nname: {}\ndata: {{source: data}}\n"
                               "serve: {{models: {{folder: models}}}}\n",
                               name));
}

nets::Graph Perceptron() {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {kInputs});
  const auto hidden = builder.Relu(builder.Linear("hidden", input, {.features = kHidden}));
  const auto output = builder.Linear("output", hidden, {.features = kOutputs});
  return std::move(builder).Build(output);
}

std::vector<double> Layer(const nets::WeightMap& weights, const std::string& name,
                          const std::vector<double>& x) {
  const auto matrix = weights.at(name + ".weight").As<float>();
  const auto bias = weights.at(name + ".bias").As<float>();
  std::vector<double> y(bias.begin(), bias.end());
  for (size_t i = 0; i < y.size(); ++i) {
    for (size_t j = 0; j < x.size(); ++j) y[i] += double{matrix[i * x.size() + j]} * x[j];
  }
  return y;
}

/// In plain loops, so that no engine is its own judge.
Json Questions(const nets::WeightMap& weights) {
  Random random(7, "questions");
  Json questions = Json::array();
  for (int i = 0; i < kQuestions; ++i) {
    std::vector<double> input(kInputs);
    for (double& value : input) value = std::round(random.Uniform(-2, 2) * 1e4) / 1e4;
    std::vector<double> hidden = Layer(weights, "hidden", input);
    for (double& value : hidden) value = std::max(value, 0.0);
    questions.push_back({{"input", input}, {"output", Layer(weights, "output", hidden)}});
  }
  return questions;
}

void MakeMlp(const fs::path& folder) {
  const nets::Graph graph = Perceptron();
  const nets::WeightMap weights = DrawnWeights(graph);
  WriteProject(folder, "mlp");
  WriteFileDurably(folder / "models/mlp.onnx", nets::WriteOnnx(graph, weights));
  nets::WriteSafetensors(folder / "weights.safetensors", weights);
  WriteJsonFile(folder / "questions.json", Questions(weights));
}

void MakePhoto(const fs::path& folder) {
  const nets::Graph graph = nets::BuildNetwork(
      "efficientnet_lite0", {.input_shape = {3, kEdge, kEdge}, .classes = kClasses});
  const nets::WeightMap weights = DrawnWeights(graph);
  const fs::path bundle = folder / "models/photo/1";
  WriteProject(folder, "photo");
  MakeFolders(bundle);
  nets::WriteSafetensors(folder / "weights.safetensors", weights);
  WriteFileDurably(bundle / bundle::kNetworkFile, nets::WriteOnnx(graph, weights));
  bundle::Manifest manifest{
      .name = "photo",
      .task = "image-classification",
      .inputs = {{.name = "input", .shape = {-1, 3, kEdge, kEdge}}},
      .outputs = {{.name = "output", .shape = {-1, kClasses}}},
      .preprocess = Json::array(
          {{{"decode", {{"mode", "rgb"}}}},
           {{"resize", {{"size", kEdge}}}},
           {{"normalize", {{"mean", {0.485, 0.456, 0.406}}, {"std", {0.229, 0.224, 0.225}}}}}}),
      .postprocess = "classification"};
  for (int64_t i = 0; i < kClasses; ++i) manifest.labels.push_back(fmt::format("class{}", i));
  bundle::Seal(bundle, manifest, Json::object());
}

void MakeTensor(const fs::path& folder) {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {3, kEdge, kEdge});
  const auto means = builder.Flatten(builder.GlobalAveragePool2d(input));
  const auto output = builder.Linear("output", means, {.features = kOutputs});
  const nets::Graph graph = std::move(builder).Build(output);
  WriteProject(folder, "tensor");
  WriteFileDurably(folder / "models/tensor.onnx", nets::WriteOnnx(graph, DrawnWeights(graph)));
}

int Main(int argc, char** argv) {
  if (argc != 2) throw Error(Code::kUsage, "usage: bench-serving-models DIR");
  const fs::path folder = argv[1];
  MakeMlp(folder / "mlp");
  MakePhoto(folder / "photo");
  MakeTensor(folder / "tensor");
  return 0;
}

}  // namespace
}  // namespace keelrow::bench

int main(int argc, char** argv) {
  return keelrow::bench::GuardedMain(keelrow::bench::Main, argc, argv);
}
