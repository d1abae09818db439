#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "nets/graph.h"
#include "nets/graph_builder.h"

namespace keelrow::nets {

/// What every network of the zoo is built from; the project file's `model` section. zoo.cpp checks
/// the ranges before a builder sees them.
struct NetworkOptions {
  std::vector<int64_t> input_shape = {3, 224, 224};  // channels, height, width; each >= 1
  int64_t classes = 1000;
  std::optional<double> dropout = {};  // in [0, 1), before the classifier; empty: the network's own
  double width = 1.0;  // multiplies the channels of every layer; 1 is the published network
};

/// Channels times width, to the nearest multiple of 8 and never below nine tenths of the exact
/// product (the rule of MobileNetV2's authors). Unchanged at width 1.
int64_t Widen(int64_t channels, double width);

}  // namespace keelrow::nets
