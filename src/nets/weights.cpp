#include "nets/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace keelrow::nets {
namespace {

[[noreturn]] void FailMissing(const std::string& name, const WeightMap& weights) {
  std::vector<std::string> present;
  for (const auto& entry : weights) present.push_back(entry.first);
  throw Error(Code::kBadValue, fmt::format("the weights have no `{}`", name),
              {.hint = DidYouMean(name, present)});
}

}  // namespace

void CheckWeights(const Graph& graph, const WeightMap& weights) {
  for (const Graph::Parameter& parameter : graph.parameters) {
    const auto found = weights.find(parameter.name);
    if (found == weights.end()) FailMissing(parameter.name, weights);
    const Tensor& tensor = found->second;
    if (tensor.shape == parameter.shape && tensor.dtype == parameter.dtype) continue;
    throw Error(Code::kBadValue,
                fmt::format("the weights have {} as {} {}, but the network needs {} {}",
                            parameter.name, Name(tensor.dtype), ToString(tensor.shape),
                            Name(parameter.dtype), ToString(parameter.shape)),
                {.hint = "the number of classes, the input shape or the width may differ"});
  }
}

WeightMap BlankWeights(const Graph& graph) {
  WeightMap weights;
  for (const Graph::Parameter& parameter : graph.parameters) {
    Tensor tensor = Tensor::Zeros(parameter.dtype, parameter.shape);
    if (parameter.init == Graph::Init::kOnes) std::ranges::fill(tensor.As<float>(), 1.0F);
    weights.emplace(parameter.name, std::move(tensor));
  }
  return weights;
}

}  // namespace keelrow::nets
