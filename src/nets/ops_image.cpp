#include <fmt/format.h>

#include "nets/onnx_emitter.h"
#include "nets/ops.h"
#include "nets/shapes.h"

namespace keelrow::nets {
namespace {

using Shape = Graph::Shape;
using Node = Graph::Node;

/// ONNX's form of one number for both sides of both axes.
Shape Twice(int64_t value) {
  return {value, value};
}
Shape FourTimes(int64_t value) {
  return {value, value, value, value};
}

Shape ConvShape(const Graph& graph, const Node& node) {
  const Shape& x = ImageShape(graph, node);
  const Shape& weight = ParameterShape(graph, node, 0);
  const int64_t groups = node.Integer("groups");
  if (groups < 1 || x[0] % groups != 0) {
    FailNode(node, fmt::format("cannot divide {} channels into {} groups", x[0], groups));
  }
  if (weight.size() != 4 || weight[0] % groups != 0 || weight[1] * groups != x[0]) {
    FailNode(node, fmt::format("has a weight {} that does not fit {} channels in {} groups",
                               ToString(weight), x[0], groups));
  }
  if (node.parameters.size() > 1) RequireParameter(graph, node, 1, {weight[0]});
  const std::vector<int64_t>& pads = node.Integers("pads");
  if (pads.size() != 4) FailNode(node, "needs four pads: top, left, bottom, right");
  const auto slide = [&](int axis) {
    return Slide(node, x[axis],
                 {.kernel = weight[axis + 1],
                  .stride = node.Integer("stride"),
                  .before = pads[axis - 1],
                  .after = pads[axis + 1]});
  };
  return {weight[0], slide(1), slide(2)};
}

void EmitConv(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Conv", node.parameters.size(),
                    {{"strides", Twice(node.Integer("stride"))},
                     {"pads", node.Integers("pads")},
                     {"group", node.Integer("groups")}});
}

Shape BatchNormShape(const Graph& graph, const Node& node) {
  const Shape& x = ImageShape(graph, node);
  for (size_t i = 0; i < 4; ++i) RequireParameter(graph, node, i, {x[0]});
  RequireParameter(graph, node, 4, {});
  return x;
}

void EmitBatchNorm(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "BatchNormalization", 4, {{"epsilon", node.Real("epsilon")}});
}

Shape MaxPoolShape(const Graph& graph, const Node& node) {
  const Shape& x = ImageShape(graph, node);
  const Window window{.kernel = node.Integer("kernel"),
                      .stride = node.Integer("stride"),
                      .before = node.Integer("padding"),
                      .after = node.Integer("padding")};
  if (2 * window.before > window.kernel) {
    FailNode(node, fmt::format("pads by {}, more than half its window of {}", window.before,
                               window.kernel));
  }
  return {x[0], Slide(node, x[1], window), Slide(node, x[2], window)};
}

void EmitMaxPool(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "MaxPool", 0,
                    {{"kernel_shape", Twice(node.Integer("kernel"))},
                     {"strides", Twice(node.Integer("stride"))},
                     {"pads", FourTimes(node.Integer("padding"))}});
}

Shape ScaleShape(const Graph& graph, const Node& node) {
  const Shape& x = ImageShape(graph, node);
  const Shape& factors = InputShape(graph, node, 1);
  if (factors != Shape{x[0], 1, 1}) {
    FailNode(node, fmt::format("scales {} by {}", ToString(x), ToString(factors)));
  }
  return x;
}

void EmitScale(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Mul");
}

Shape GlobalAveragePoolShape(const Graph& graph, const Node& node) {
  return {ImageShape(graph, node)[0], 1, 1};
}

void EmitGlobalAveragePool(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "GlobalAveragePool");
}

// clang-format off
constexpr Operator kOperators[] = {
    {"conv2d",
     "stride, pads, groups; parameters weight [out, in / groups, h, w] and perhaps bias [out]",
     &ConvShape, &EmitConv},
    {"batch_norm2d",
     "epsilon, momentum; parameters weight, bias, running_mean, running_var, num_batches_tracked",
     &BatchNormShape, &EmitBatchNorm},
    {"max_pool2d", "kernel, stride, padding (with minus infinity)", &MaxPoolShape, &EmitMaxPool},
    {"global_average_pool2d", "[c, h, w] to [c, 1, 1]", &GlobalAveragePoolShape,
     &EmitGlobalAveragePool},
    {"scale", "[c, h, w] times [c, 1, 1]", &ScaleShape, &EmitScale},
};
// clang-format on

}  // namespace

std::span<const Operator> ImageOperators() {
  return kOperators;
}

}  // namespace keelrow::nets
