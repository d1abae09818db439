#include <fmt/format.h>

#include "nets/onnx_emitter.h"
#include "nets/ops.h"
#include "nets/shapes.h"

namespace keelrow::nets {
namespace {

using Shape = Graph::Shape;
using Node = Graph::Node;

Shape SameShape(const Graph& graph, const Node& node) {
  return InputShape(graph, node);
}

Shape LinearShape(const Graph& graph, const Node& node) {
  const Shape& x = InputShape(graph, node);
  if (x.size() != 1) {
    FailNode(node,
             fmt::format("needs a vector [features], but gets {}: add a flatten", ToString(x)));
  }
  const Shape& weight = ParameterShape(graph, node, 0);
  if (weight.size() != 2 || weight[1] != x[0]) {
    FailNode(node,
             fmt::format("has a weight {} that does not fit {} features", ToString(weight), x[0]));
  }
  if (node.parameters.size() > 1) RequireParameter(graph, node, 1, {weight[0]});
  return {weight[0]};
}

void EmitLinear(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Gemm", node.parameters.size(), {{"transB", int64_t{1}}});
}

void EmitRelu(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Relu");
}

void EmitRelu6(const Node& node, OnnxEmitter& emitter) {
  emitter.Add({.type = "Clip",
               .inputs = {emitter.Input(node), emitter.Scalar(0), emitter.Scalar(6)},
               .outputs = {emitter.Output(node)}});
}

void EmitSigmoid(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Sigmoid");
}

/// ONNX knows no SiLU before opset 24.
void EmitSilu(const Node& node, OnnxEmitter& emitter) {
  const std::string gate = emitter.Output(node) + "_gate";
  emitter.Add({.type = "Sigmoid", .inputs = {emitter.Input(node)}, .outputs = {gate}});
  emitter.Add(
      {.type = "Mul", .inputs = {emitter.Input(node), gate}, .outputs = {emitter.Output(node)}});
}

Shape AddShape(const Graph& graph, const Node& node) {
  const Shape& a = InputShape(graph, node, 0);
  const Shape& b = InputShape(graph, node, 1);
  if (a != b) FailNode(node, fmt::format("adds {} and {}", ToString(a), ToString(b)));
  return a;
}

void EmitAdd(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Add");
}

Shape FlattenShape(const Graph& graph, const Node& node) {
  int64_t count = 1;
  for (const int64_t extent : InputShape(graph, node)) count *= extent;
  return {count};
}

void EmitFlatten(const Node& node, OnnxEmitter& emitter) {
  emitter.AddSimple(node, "Flatten", 0, {{"axis", int64_t{1}}});
}

Shape DropoutShape(const Graph& graph, const Node& node) {
  const double probability = node.Real("probability");
  if (!(probability >= 0 && probability < 1)) {
    FailNode(node, fmt::format("drops with probability {}, not in [0, 1)", probability));
  }
  return InputShape(graph, node);
}

void EmitDropout(const Node& node, OnnxEmitter& emitter) {
  emitter.Skip(node);
}

// clang-format off
constexpr Operator kOperators[] = {
    {"linear", "parameters weight [out, in] and perhaps bias [out]", &LinearShape, &EmitLinear},
    {"relu", "max(x, 0)", &SameShape, &EmitRelu},
    {"relu6", "min(max(x, 0), 6)", &SameShape, &EmitRelu6},
    {"silu", "x sigmoid(x)", &SameShape, &EmitSilu},
    {"sigmoid", "1 / (1 + exp(-x))", &SameShape, &EmitSigmoid},
    {"add", "two inputs of one shape", &AddShape, &EmitAdd},
    {"flatten", "all axes but the batch into one", &FlattenShape, &EmitFlatten},
    {"dropout", "probability; in inference it does nothing", &DropoutShape, &EmitDropout},
    {"stochastic_depth", "probability, of a whole example; in inference it does nothing",
     &DropoutShape, &EmitDropout},
};
// clang-format on

}  // namespace

std::span<const Operator> BasicOperators() {
  return kOperators;
}

}  // namespace keelrow::nets
