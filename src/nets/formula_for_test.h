#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "nets/graph.h"
#include "nets/weights.h"

/// Weights and a picture made by a formula instead of downloaded; tests/parity/networks.py makes
/// the same ones in Python.
namespace keelrow::nets {

/// SplitMix64 from FNV-1a of the name, as numbers in [0, 1).
class FormulaDraws {
 public:
  explicit FormulaDraws(const std::string& name) {
    for (const char byte : name) {
      state_ = (state_ ^ static_cast<uint8_t>(byte)) * 0x100000001B3;
    }
  }
  double Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    return static_cast<double>(z >> 40) / (1 << 24);
  }

 private:
  uint64_t state_ = 0xCBF29CE484222325;
};

inline Tensor FormulaTensor(const std::string& name, const std::vector<int64_t>& shape) {
  Tensor tensor = Tensor::Zeros(DType::kFloat32, shape);
  const auto fan_in = static_cast<double>(tensor.Count()) / static_cast<double>(shape[0]);
  const bool scale = name.ends_with(".weight") || name.ends_with(".running_var");
  FormulaDraws draws(name);
  for (float& value : tensor.As<float>()) {
    const double u = draws.Next();
    const double drawn = shape.size() > 1 ? (2 * u - 1) * std::sqrt(2 / fan_in)
                         : scale          ? 0.75 + u / 2
                                          : u / 5 - 0.1;
    value = static_cast<float>(drawn);
  }
  return tensor;
}

inline WeightMap FormulaWeights(const Graph& graph) {
  WeightMap weights;
  for (const Graph::Parameter& parameter : graph.parameters) {
    const bool counter = parameter.dtype == DType::kInt64;
    weights[parameter.name] =
        counter ? Tensor::Zeros(DType::kInt64, {}) : FormulaTensor(parameter.name, parameter.shape);
  }
  return weights;
}

/// Of numbers in [-1, 1).
inline Tensor FormulaPicture(const std::vector<int64_t>& shape) {
  Tensor picture = Tensor::Zeros(DType::kFloat32, shape);
  FormulaDraws draws("input");
  for (float& value : picture.As<float>()) value = static_cast<float>(2 * draws.Next() - 1);
  return picture;
}

/// Of `logits`, every hundredth against the golden file's; as a share of the largest where that is
/// above 1.
inline double FormulaDifference(const Tensor& logits, const std::vector<double>& golden,
                                double largest) {
  double most = 0;
  for (size_t i = 0; i < golden.size(); ++i) {
    most = std::max(most, std::abs(logits.As<float>()[100 * i] - golden[i]));
  }
  return most / std::max(1.0, largest);
}

}  // namespace keelrow::nets
