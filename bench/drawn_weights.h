#pragma once

#include <cmath>

#include "base/random.h"
#include "base/tensor.h"
#include "nets/graph.h"
#include "nets/weights.h"

namespace keelrow::bench {

/// Uniform with He's variance; norms near the identity. What is drawn depends on the name alone.
inline Tensor Drawn(const nets::Graph::Parameter& parameter) {
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

inline nets::WeightMap DrawnWeights(const nets::Graph& graph) {
  nets::WeightMap weights;
  for (const nets::Graph::Parameter& parameter : graph.parameters) {
    weights[parameter.name] = Drawn(parameter);
  }
  return weights;
}

}  // namespace keelrow::bench
