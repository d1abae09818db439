#pragma once

#include <string>
#include <vector>

#include "nets/graph.h"
#include "nets/weights.h"

namespace keelrow::nets {

struct OnnxOptions {
  std::string producer = "keelrow";
  std::string producer_version = {};
  std::string graph_name = "network";
  /// In the order of Graph::inputs and Graph::outputs. Empty: the graph's own names; outputs are
  /// then "output", "output_1", ….
  std::vector<std::string> input_names = {};
  std::vector<std::string> output_names = {};
};

/// The network as an ONNX model for inference: IR version 8, operator set 17, float32 inputs and
/// outputs with a first axis "batch" of any size, the weights inside. Equal arguments give equal
/// bytes. Throws kBadValue for weights that do not fit, kUnsupported for an unknown operator, and
/// kLimit above the 2 GiB that a protobuf message may have.
std::string WriteOnnx(const Graph& graph, const WeightMap& weights,
                      const OnnxOptions& options = {});

}  // namespace keelrow::nets
