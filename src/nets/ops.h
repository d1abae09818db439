#pragma once

#include <span>
#include <string_view>

#include "nets/graph.h"

namespace keelrow::nets {

class OnnxEmitter;

/// What Keelrow knows of one operator of a Graph: the rule for its output's shape and its form in
/// ONNX. How it is computed in training stands in train/'s table of the same names. Everything is
/// without the batch axis. Rows are immutable and stateless.
struct Operator {
  std::string_view name;
  std::string_view help;  // attributes and parameters, in order

  /// The output's shape; kBadValue, naming the node, where inputs, attributes or parameters do not
  /// fit together.
  Graph::Shape (*infer_shape)(const Graph& graph, const Graph::Node& node);

  /// Adds the ONNX nodes that stand for the node.
  void (*emit_onnx)(const Graph::Node& node, OnnxEmitter& emitter);
};

/// The groups in which operators are described, each a table in a file of its own.
std::span<const Operator> BasicOperators();  // ops_basic.cpp
std::span<const Operator> ImageOperators();  // ops_image.cpp

/// All rows of all groups.
std::span<const Operator> Operators();

/// The row of that name; kUnsupported, listing the known ones, if there is none.
const Operator& FindOperator(std::string_view name);

/// Checks a whole graph that did not come from a GraphBuilder: indices, order, operators, and that
/// every value has the shape its operator gives it. Throws kBadValue or kUnsupported.
void CheckGraph(const Graph& graph);

}  // namespace keelrow::nets
