#pragma once

#include <vector>

#include "nets/graph.h"

namespace keelrow::train {

/// The layer of each parameter, for rates that differ by layer: from 0 at the input to the highest,
/// which is the classifier alone. A layer is what the names have in common up to their first number
/// ("layer1.0.", "features.3.", "blocks.2."), or before their last dot where there is none.
std::vector<int> LayersOf(const nets::Graph& graph);

}  // namespace keelrow::train
