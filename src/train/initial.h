#pragma once

#include "nets/graph.h"
#include "train/torch_tensors.h"

namespace keelrow::train {

/// Fresh parameters, drawn as Graph::Init says. Each comes from a generator of its own, seeded by
/// `seed` and its name: adding a layer does not change what the others start with. Trainable ones
/// require gradients; weights of convolutions lie channels-last (see README).
Parameters InitialParameters(const nets::Graph& graph, uint64_t seed);

}  // namespace keelrow::train
