#pragma once

#include <filesystem>

#include "base/files.h"
#include "bundle/bundle.h"
#include "nets/graph_builder.h"
#include "nets/onnx_writer.h"

namespace keelrow::fuzz {

inline constexpr int kEdge = 2;  // of the model's pictures

inline std::string TinyNetwork() {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {1, kEdge, kEdge});
  const auto output = builder.Linear("fc", builder.Flatten(input), {.features = 2});
  const nets::Graph graph = std::move(builder).Build(output);
  return nets::WriteOnnx(graph, nets::BlankWeights(graph));
}

/// A sealed bundle of gray pictures, cats and dogs.
inline void WriteTinyBundle(const std::filesystem::path& folder) {
  MakeFolders(folder);
  WriteFileDurably(folder / bundle::kNetworkFile, TinyNetwork());
  const bundle::Manifest manifest{
      .name = "tiny",
      .task = "image-classification",
      .preprocess = Json::parse(R"([{"decode": {"mode": "gray"}}, {"normalize": "centered"}])"),
      .postprocess = "classification",
      .labels = {"cat", "dog"}};
  bundle::Seal(folder, manifest, Json::object());
}

}  // namespace keelrow::fuzz
