#pragma once

#include <map>
#include <string>

#include "base/tensor.h"
#include "nets/graph.h"

namespace keelrow::nets {

/// Values of a network's parameters and buffers by their state_dict names.
using WeightMap = std::map<std::string, Tensor>;

/// Every parameter of the graph must be there with its dtype and shape; kBadValue names the first
/// that is not and the closest existing name. Keys the graph does not know are allowed.
void CheckWeights(const Graph& graph, const WeightMap& weights);

/// Zeros and ones as `init` says, zeros for everything that is drawn. For tests and for looking at
/// a network without training it.
WeightMap BlankWeights(const Graph& graph);

}  // namespace keelrow::nets
