// slow-version DIR: a registry in the project folder DIR with four versions of the model `tiny`,
// and a black and a white picture to ask them about. Nothing is trained: weights are drawn.
//   1  a linear network, answers at once
//   2  four convolutions over a picture made large: honest work, tenths of seconds on any core
//   3  a bundle that was damaged after it was registered
//   4  says of every picture what version 1 says of a black one
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/random.h"
#include "bundle/bundle.h"
#include "data/image_encode.h"
#include "nets/graph_builder.h"
#include "nets/onnx_writer.h"
#include "track/store.h"

namespace keelrow {
namespace {

constexpr int kEdge = 8;
constexpr int kLargeEdge = 256;
constexpr int kClasses = 3;
constexpr const char* kModel = "tiny";

nets::WeightMap Drawn(const nets::Graph& graph) {
  nets::WeightMap weights = nets::BlankWeights(graph);
  Random random(1, "weights");
  for (auto& [name, tensor] : weights) {
    for (float& weight : tensor.As<float>()) {
      weight = static_cast<float>(random.Uniform(-0.1, 0.1));
    }
  }
  return weights;
}

nets::Graph Linear() {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {1, kEdge, kEdge});
  return std::move(builder).Build(
      builder.Linear("fc", builder.Flatten(input), {.features = kClasses}));
}

std::string FastNetwork() {
  const nets::Graph graph = Linear();
  return nets::WriteOnnx(graph, Drawn(graph));
}

/// A black pixel is -1 to the network: its answer to them all becomes the bias.
std::string StubbornNetwork() {
  const nets::Graph graph = Linear();
  nets::WeightMap weights = Drawn(graph);
  const std::span<float> matrix = weights.at("fc.weight").As<float>();
  const std::span<float> bias = weights.at("fc.bias").As<float>();
  for (size_t i = 0; i < matrix.size(); ++i) {
    bias[i / (kEdge * kEdge)] -= std::exchange(matrix[i], 0.0F);
  }
  return nets::WriteOnnx(graph, weights);
}

/// 58 billion multiplications and additions.
std::string SlowNetwork() {
  nets::GraphBuilder builder;
  auto x = builder.Input("input", {1, kLargeEdge, kLargeEdge});
  for (int i = 0; i < 4; ++i) {
    x = builder.Conv2d(fmt::format("conv{}", i), x, {.channels = 128, .padding = 1});
    x = builder.Relu(x);
  }
  x = builder.Flatten(builder.GlobalAveragePool2d(x));
  const nets::Graph graph =
      std::move(builder).Build(builder.Linear("fc", x, {.features = kClasses}));
  return nets::WriteOnnx(graph, Drawn(graph));
}

/// Seals a bundle and registers it; returns its folder.
fs::path AddVersion(track::Store& store, const fs::path& project, const std::string& onnx,
                    int edge) {
  const fs::path path = fs::path("bundles") / Sha256Hex(onnx).substr(0, 8);
  MakeFolders(project / path);
  WriteFileDurably(project / path / bundle::kNetworkFile, onnx);
  const bundle::Manifest manifest{
      .name = kModel,
      .task = "image-classification",
      .inputs = {{.name = "input", .shape = {-1, 1, edge, edge}}},
      .outputs = {{.name = "output", .shape = {-1, kClasses}}},
      .preprocess = Json::array({{{"decode", {{"mode", "gray"}}}},
                                 {{"resize", {{"size", edge}}}},
                                 {{"normalize", {{"mean", {0.5}}, {"std", {0.5}}}}}}),
      .postprocess = "classification",
      .labels = {"cat", "dog", "owl"}};
  const std::string hash = bundle::Seal(project / path, manifest, Json::object());
  store.Register({.model = kModel, .bundle_path = path.string(), .bundle_hash = hash}, "test");
  return project / path;
}

void Make(const fs::path& project) {
  MakeFolders(project / ".keelrow");
  track::Store store(project / ".keelrow" / "store.db");
  AddVersion(store, project, FastNetwork(), kEdge);
  AddVersion(store, project, SlowNetwork(), kLargeEdge);
  const fs::path damaged = AddVersion(store, project, FastNetwork() + "\n", kEdge);
  std::ofstream(damaged / bundle::kNetworkFile, std::ios::app) << "damage";
  AddVersion(store, project, StubbornNetwork(), kEdge);
  data::Image picture = data::Image::Blank(kEdge, kEdge, 1);
  WriteFileDurably(project / "picture.png", data::EncodePng(picture));
  std::ranges::fill(picture.pixels, uint8_t{255});
  WriteFileDurably(project / "white.png", data::EncodePng(picture));
}

}  // namespace
}  // namespace keelrow

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: slow-version DIR\n", stderr);
    return 2;
  }
  try {
    keelrow::Make(argv[1]);
  } catch (const std::exception& failure) {
    std::fputs(keelrow::AsError(failure).Render().c_str(), stderr);
    return 1;
  }
}
