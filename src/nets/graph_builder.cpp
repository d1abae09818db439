#include "nets/graph_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "nets/ops.h"

namespace keelrow::nets {

using Init = Graph::Init;
using Value = GraphBuilder::Value;

namespace {

/// TensorFlow's SAME: the zeros on both sides of one axis, the odd one at the end.
std::array<int64_t, 2> SamePadding(int64_t extent, const Conv2dOptions& options) {
  const int64_t stride = std::max<int64_t>(options.stride, 1);
  const int64_t outputs = (extent + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((outputs - 1) * stride + options.kernel - extent, 0);
  return {total / 2, total - total / 2};
}

/// Top, left, bottom, right: ONNX's order.
std::vector<int64_t> Pads(const Graph::Shape& picture, const Conv2dOptions& options) {
  if (options.pad == Padding::kGiven) return std::vector<int64_t>(4, options.padding);
  const auto vertical = SamePadding(picture[1], options);
  const auto horizontal = SamePadding(picture[2], options);
  return {vertical[0], horizontal[0], vertical[1], horizontal[1]};
}

}  // namespace

Value GraphBuilder::Input(const std::string& name, Graph::Shape shape) {
  if (!graph_.nodes.empty()) {
    throw Error(Code::kInternal, fmt::format("input {} is added after nodes", name));
  }
  ClaimName(name);
  const Value value = static_cast<Value>(graph_.values.size());
  graph_.values.push_back({.name = name, .shape = std::move(shape)});
  graph_.inputs.push_back(value);
  return value;
}

Value GraphBuilder::Conv2d(const NodeName& name, Value x, const Conv2dOptions& options) {
  const int64_t in = Extent(name.own, x, 3) / std::max<int64_t>(options.groups, 1);
  const int64_t fan_in = in * options.kernel * options.kernel;
  Graph::Node node{.op = "conv2d",
                   .name = name.own,
                   .inputs = {x},
                   .attributes = {{"stride", options.stride},
                                  {"pads", Pads(Shape(x), options)},
                                  {"groups", options.groups}}};
  node.parameters.push_back(
      AddParameter(name, ".weight",
                   {.shape = {options.channels, in, options.kernel, options.kernel},
                    .init = Init::kKaimingNormalFanOut,
                    .fan_in = fan_in}));
  if (options.bias) {
    node.parameters.push_back(AddParameter(
        name, ".bias",
        {.shape = {options.channels}, .init = Init::kZeros, .decay = false, .fan_in = fan_in}));
  }
  return AddNode(std::move(node));
}

Value GraphBuilder::BatchNorm2d(const NodeName& name, Value x, const BatchNorm2dOptions& options) {
  const int64_t channels = Extent(name.own, x, 3);
  const auto add = [&](const char* suffix, Init init, bool trainable) {
    return AddParameter(
        name, suffix, {.shape = {channels}, .init = init, .trainable = trainable, .decay = false});
  };
  Graph::Node node{.op = "batch_norm2d",
                   .name = name.own,
                   .inputs = {x},
                   .attributes = {{"epsilon", options.epsilon}, {"momentum", options.momentum}}};
  node.parameters = {add(".weight", Init::kOnes, true), add(".bias", Init::kZeros, true),
                     add(".running_mean", Init::kZeros, false),
                     add(".running_var", Init::kOnes, false),
                     AddParameter(name, ".num_batches_tracked",
                                  {.trainable = false, .decay = false, .dtype = DType::kInt64})};
  return AddNode(std::move(node));
}

Value GraphBuilder::Linear(const NodeName& name, Value x, const LinearOptions& options) {
  const int64_t in = Extent(name.own, x, 1);
  Graph::Node node{.op = "linear", .name = name.own, .inputs = {x}};
  node.parameters.push_back(AddParameter(
      name, ".weight", {.shape = {options.features, in}, .init = options.init, .fan_in = in}));
  if (options.bias) {
    const bool uniform = options.init == Init::kUniformFanIn;
    node.parameters.push_back(AddParameter(name, ".bias",
                                           {.shape = {options.features},
                                            .init = uniform ? Init::kUniformFanIn : Init::kZeros,
                                            .decay = false,
                                            .fan_in = in}));
  }
  return AddNode(std::move(node));
}

Value GraphBuilder::Relu(Value x) {
  return AddPlain("relu", {x});
}
Value GraphBuilder::Relu6(Value x) {
  return AddPlain("relu6", {x});
}
Value GraphBuilder::Silu(Value x) {
  return AddPlain("silu", {x});
}
Value GraphBuilder::Sigmoid(Value x) {
  return AddPlain("sigmoid", {x});
}
Value GraphBuilder::Add(Value a, Value b) {
  return AddPlain("add", {a, b});
}
Value GraphBuilder::Scale(Value x, Value factors) {
  return AddPlain("scale", {x, factors});
}
Value GraphBuilder::Flatten(Value x) {
  return AddPlain("flatten", {x});
}

Value GraphBuilder::GlobalAveragePool2d(Value x) {
  return AddPlain("global_average_pool2d", {x});
}

Value GraphBuilder::MaxPool2d(Value x, const Pool2dOptions& options) {
  return AddPlain(
      "max_pool2d", {x},
      {{"kernel", options.kernel}, {"stride", options.stride}, {"padding", options.padding}});
}

Value GraphBuilder::Dropout(Value x, double probability) {
  if (probability == 0) return x;
  return AddPlain("dropout", {x}, {{"probability", probability}});
}

Value GraphBuilder::StochasticDepth(Value x, double probability) {
  if (probability == 0) return x;
  return AddPlain("stochastic_depth", {x}, {{"probability", probability}});
}

const Graph::Shape& GraphBuilder::Shape(Value x) const {
  return graph_.values[x].shape;
}

Graph GraphBuilder::Build(Value output) && {
  graph_.outputs = {output};
  return std::move(graph_);
}

Value GraphBuilder::AddNode(Graph::Node node) {
  ClaimName(node.name);
  node.output = static_cast<Value>(graph_.values.size());
  Graph::Shape shape = FindOperator(node.op).infer_shape(graph_, node);
  graph_.values.push_back({.name = node.name, .shape = std::move(shape)});
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().output;
}

Value GraphBuilder::AddPlain(const std::string& op, std::vector<Value> inputs,
                             std::map<std::string, Graph::Attribute> attributes) {
  return AddNode({.op = op,
                  .name = FreshName(op),
                  .inputs = std::move(inputs),
                  .attributes = std::move(attributes)});
}

int GraphBuilder::AddParameter(const NodeName& node, const char* suffix,
                               Graph::Parameter parameter) {
  parameter.name = node.own + suffix;
  for (const std::string& alias : node.aliases) parameter.aliases.push_back(alias + suffix);
  ClaimName(parameter.name);
  graph_.parameters.push_back(std::move(parameter));
  return static_cast<int>(graph_.parameters.size()) - 1;
}

int64_t GraphBuilder::Extent(const std::string& node, Value x, size_t rank) const {
  const Graph::Shape& shape = Shape(x);
  if (shape.size() == rank) return shape[0];
  throw Error(Code::kBadValue,
              fmt::format("node {} needs an input of {} without the batch axis, but gets {}", node,
                          rank == 1 ? "one axis [features]" : "[channels, height, width]",
                          ToString(shape)));
}

std::string GraphBuilder::FreshName(const std::string& op) {
  return fmt::format("{}_{}", op, graph_.nodes.size());
}

void GraphBuilder::ClaimName(const std::string& name) {
  if (names_.insert(name).second) return;
  throw Error(Code::kInternal, fmt::format("the network uses the name {} twice", name));
}

}  // namespace keelrow::nets
