#pragma once

#include "nets/graph.h"
#include "train/job.h"
#include "train/torch_tensors.h"

namespace keelrow::train {

/// Fresh parameters, drawn as Graph::Init says. Each comes from a generator of its own, seeded by
/// `seed` and its name: adding a layer does not change what the others start with. Trainable ones
/// require gradients; weights of convolutions lie channels-last (see README).
Parameters InitialParameters(const nets::Graph& graph, uint64_t seed);

/// What the job's training starts with: fresh parameters, and over them the values of
/// `model.pretrained` where it is given. Throws as nets::ReadWeights and nets::AdoptWeights;
/// kConflict when the file is not the one that was planned with.
Parameters StartingParameters(const nets::Graph& graph, const TrainJob& job);

}  // namespace keelrow::train
