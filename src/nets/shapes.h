#pragma once

#include <cstdint>
#include <string>

#include "nets/graph.h"

namespace keelrow::nets {

/// The checks that operators' shape rules share. All throw kBadValue with a message that names the
/// node, so that whoever writes a network sees which of its lines is wrong.

[[noreturn]] void FailNode(const Graph::Node& node, const std::string& what);

/// Input number `index`, of any shape.
const Graph::Shape& InputShape(const Graph& graph, const Graph::Node& node, size_t index = 0);
/// The first input, which must be {channels, height, width}.
const Graph::Shape& ImageShape(const Graph& graph, const Graph::Node& node);

const Graph::Shape& ParameterShape(const Graph& graph, const Graph::Node& node, size_t index);
/// Parameter `index` must have exactly the shape `expected`.
void RequireParameter(const Graph& graph, const Graph::Node& node, size_t index,
                      const Graph::Shape& expected);

/// A window that slides over the spatial axes.
struct Window {
  int64_t kernel;
  int64_t stride;
  int64_t before;  // zeros on one side of the axis
  int64_t after;   // and on the other
};

/// floor((extent + before + after - kernel) / stride) + 1, which must be at least 1.
int64_t Slide(const Graph::Node& node, int64_t extent, const Window& window);

}  // namespace keelrow::nets
