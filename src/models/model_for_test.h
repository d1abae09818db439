#pragma once

// For tests: tiny models. Nothing is trained: weights are drawn from a seed, so every version
// answers differently and always the same.

#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "bundle/bundle.h"
#include "nets/graph_builder.h"
#include "nets/onnx_writer.h"

namespace keelrow::models {

inline constexpr int kEdge = 8;  // of the pictures
inline const std::string kModelName = "tiny";
inline const std::vector<std::string> kLabels = {"cat", "dog", "owl"};

inline std::string LinearNetwork(uint64_t seed, int64_t classes) {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {1, kEdge, kEdge});
  const auto output = builder.Linear("fc", builder.Flatten(input), {.features = classes});
  const nets::Graph graph = std::move(builder).Build(output);
  nets::WeightMap weights = nets::BlankWeights(graph);
  Random random(seed, "weights");
  for (float& weight : weights.at("fc.weight").As<float>()) {
    weight = static_cast<float>(random.Uniform(-0.5, 0.5));
  }
  return nets::WriteOnnx(graph, weights);
}

/// A sealed bundle in `folder`; returns its hash.
inline std::string MakeBundle(const fs::path& folder, uint64_t seed) {
  MakeFolders(folder);
  const auto classes = static_cast<int64_t>(kLabels.size());
  WriteFileDurably(folder / bundle::kNetworkFile, LinearNetwork(seed, classes));
  const bundle::Manifest manifest{
      .name = kModelName,
      .task = "image-classification",
      .inputs = {{.name = "input", .shape = {-1, 1, kEdge, kEdge}}},
      .outputs = {{.name = "output", .shape = {-1, classes}}},
      .preprocess = Json::parse(
          R"([{"decode": {"mode": "gray"}}, {"normalize": {"mean": [0.5], "std": [0.5]}}])"),
      .postprocess = "classification",
      .labels = kLabels};
  return bundle::Seal(folder, manifest, Json::object());
}

/// What `features` numbers are made of; its input is `x`, its output `output`.
inline std::string HeadNetwork(uint64_t seed, int64_t features, int64_t classes) {
  nets::GraphBuilder builder;
  const auto input = builder.Input("x", {features});
  const auto output = builder.Linear("fc", input, {.features = classes});
  const nets::Graph graph = std::move(builder).Build(output);
  nets::WeightMap weights = nets::BlankWeights(graph);
  Random random(seed, "head");
  for (float& weight : weights.at("fc.weight").As<float>()) {
    weight = static_cast<float>(random.Uniform(-2, 2));
  }
  return nets::WriteOnnx(graph, weights);
}

/// A bundle for the end of a chain: it says `tame` or `wild` of what MakeBundle's network says.
inline void MakeHeadBundle(const fs::path& folder, uint64_t seed) {
  MakeFolders(folder);
  const auto features = static_cast<int64_t>(kLabels.size());
  WriteFileDurably(folder / bundle::kNetworkFile, HeadNetwork(seed, features, 2));
  const bundle::Manifest manifest{
      .name = "head",
      .task = "image-classification",
      .inputs = {{.name = "x", .shape = {-1, features}}},
      .outputs = {{.name = "output", .shape = {-1, 2}}},
      .preprocess = Json::parse(R"([{"decode": {"mode": "gray"}}, {"normalize": "centered"}])"),
      .postprocess = "classification",
      .labels = {"tame", "wild"}};
  bundle::Seal(folder, manifest, Json::object());
}

}  // namespace keelrow::models
