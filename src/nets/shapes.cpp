#include "nets/shapes.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelrow::nets {

void FailNode(const Graph::Node& node, const std::string& what) {
  throw Error(Code::kBadValue, fmt::format("node {} ({}) {}", node.name, node.op, what));
}

const Graph::Shape& InputShape(const Graph& graph, const Graph::Node& node, size_t index) {
  if (index >= node.inputs.size()) FailNode(node, fmt::format("lacks its input {}", index));
  return graph.values[node.inputs[index]].shape;
}

const Graph::Shape& ImageShape(const Graph& graph, const Graph::Node& node) {
  const Graph::Shape& shape = InputShape(graph, node);
  if (shape.size() != 3) {
    FailNode(node,
             fmt::format("needs an image [channels, height, width], but gets {}", ToString(shape)));
  }
  return shape;
}

const Graph::Shape& ParameterShape(const Graph& graph, const Graph::Node& node, size_t index) {
  if (index >= node.parameters.size()) FailNode(node, fmt::format("lacks its parameter {}", index));
  return graph.parameters[node.parameters[index]].shape;
}

void RequireParameter(const Graph& graph, const Graph::Node& node, size_t index,
                      const Graph::Shape& expected) {
  const Graph::Shape& shape = ParameterShape(graph, node, index);
  if (shape == expected) return;
  FailNode(node, fmt::format("needs {} as {}, but it is {}",
                             graph.parameters[node.parameters[index]].name, ToString(expected),
                             ToString(shape)));
}

int64_t Slide(const Graph::Node& node, int64_t extent, const Window& window) {
  if (window.kernel < 1 || window.stride < 1 || window.before < 0 || window.after < 0) {
    FailNode(node, fmt::format("has kernel {}, stride {} and padding {} and {}", window.kernel,
                               window.stride, window.before, window.after));
  }
  const int64_t room = extent + window.before + window.after - window.kernel;
  if (room < 0) {
    FailNode(node, fmt::format("slides a window of {} over an extent of {} padded by {} and {}",
                               window.kernel, extent, window.before, window.after));
  }
  return room / window.stride + 1;
}

}  // namespace keelrow::nets
