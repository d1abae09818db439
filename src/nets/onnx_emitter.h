#pragma once

#include <map>
#include <string>
#include <vector>

#include "nets/graph.h"

namespace keelrow::nets {

/// One ONNX node as plain data (operator set 17). Integer attributes are INT, reals FLOAT, lists
/// INTS.
struct OnnxNode {
  std::string type;  // "Conv"
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, Graph::Attribute> attributes;

  bool operator==(const OnnxNode&) const = default;
};

/// Collects the ONNX form of a Graph, node by node: an operator's `emit_onnx` asks it for the names
/// of what it reads and writes, and adds nodes. Values keep their Graph names but for inputs and
/// outputs, which the caller may name.
class OnnxEmitter {
 public:
  /// `names` replaces the names of some values.
  OnnxEmitter(const Graph& graph, std::map<Graph::ValueId, std::string> names);

  std::string Input(const Graph::Node& node, size_t index = 0) const;
  /// Also notes that the parameter must be among the initializers.
  std::string Parameter(const Graph::Node& node, size_t index);
  std::string Output(const Graph::Node& node) const;
  /// A scalar float32 initializer; equal values share one.
  std::string Scalar(float value);

  void Add(OnnxNode node) { nodes_.push_back(std::move(node)); }
  /// The usual case: the node's inputs and the first `parameters` of its parameters, in order.
  void AddSimple(const Graph::Node& node, const std::string& type, size_t parameters = 0,
                 std::map<std::string, Graph::Attribute> attributes = {});
  /// The node does nothing in inference: its output is its first input.
  void Skip(const Graph::Node& node);

  const std::vector<OnnxNode>& nodes() const { return nodes_; }
  /// Indices of the parameters in use, in order of use.
  const std::vector<int>& parameters() const { return parameters_; }
  const std::map<std::string, float>& scalars() const { return scalars_; }

 private:
  const Graph& graph_;
  std::vector<std::string> names_;  // by ValueId
  std::map<Graph::ValueId, std::string> fixed_;
  std::vector<OnnxNode> nodes_;
  std::vector<int> parameters_;
  std::map<std::string, float> scalars_;
};

}  // namespace keelrow::nets
