#include "nets/onnx_emitter.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::nets {

OnnxEmitter::OnnxEmitter(const Graph& graph, std::map<Graph::ValueId, std::string> names)
    : graph_(graph), fixed_(std::move(names)) {
  for (const Graph::Value& value : graph.values) names_.push_back(value.name);
  for (const auto& [value, name] : fixed_) names_[value] = name;
}

std::string OnnxEmitter::Input(const Graph::Node& node, size_t index) const {
  return names_[node.inputs[index]];
}

std::string OnnxEmitter::Output(const Graph::Node& node) const {
  return names_[node.output];
}

std::string OnnxEmitter::Parameter(const Graph::Node& node, size_t index) {
  const int parameter = node.parameters[index];
  if (std::ranges::find(parameters_, parameter) == parameters_.end()) {
    parameters_.push_back(parameter);
  }
  return graph_.parameters[parameter].name;
}

std::string OnnxEmitter::Scalar(float value) {
  const std::string name = fmt::format("constant_{}", value);
  scalars_[name] = value;
  return name;
}

void OnnxEmitter::AddSimple(const Graph::Node& node, const std::string& type, size_t parameters,
                            std::map<std::string, Graph::Attribute> attributes) {
  OnnxNode row{.type = type, .outputs = {Output(node)}, .attributes = std::move(attributes)};
  for (size_t i = 0; i < node.inputs.size(); ++i) row.inputs.push_back(Input(node, i));
  for (size_t i = 0; i < parameters; ++i) row.inputs.push_back(Parameter(node, i));
  Add(std::move(row));
}

void OnnxEmitter::Skip(const Graph::Node& node) {
  if (fixed_.contains(node.output)) {  // a name from outside cannot become another value's
    AddSimple(node, "Identity");
  } else {
    names_[node.output] = Input(node);
  }
}

}  // namespace keelrow::nets
