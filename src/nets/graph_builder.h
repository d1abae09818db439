#pragma once

#include <set>
#include <string>
#include <vector>

#include "nets/graph.h"

namespace keelrow::nets {

/// A node's name, and what other libraries call it in their weight files ("conv_stem").
struct NodeName {
  NodeName(const char* own) : own(own) {}             // NOLINT(google-explicit-constructor)
  NodeName(std::string own) : own(std::move(own)) {}  // NOLINT(google-explicit-constructor)
  NodeName(std::string own, std::vector<std::string> aliases)
      : own(std::move(own)), aliases(std::move(aliases)) {}

  std::string own;
  std::vector<std::string> aliases;
};

/// How far a picture is extended by zeros before a window slides over it.
enum class Padding {
  kGiven,  // by `padding` on every side, as PyTorch does
  kSame,  // so that the output has ceil(extent / stride): TensorFlow's SAME, the odd row at the end
};

struct Conv2dOptions {
  int64_t channels;  // of the output
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t padding = 0;
  Padding pad = Padding::kGiven;
  int64_t groups = 1;
  bool bias = false;
};

struct BatchNorm2dOptions {
  double epsilon = 1e-5;  // PyTorch's defaults
  double momentum = 0.1;
};

struct Pool2dOptions {
  int64_t kernel;
  int64_t stride;
  int64_t padding = 0;
};

struct LinearOptions {
  int64_t features;  // of the output
  bool bias = true;
  /// Of the weight. The bias is drawn as PyTorch does (kUniformFanIn) with that one, else zero.
  Graph::Init init = Graph::Init::kUniformFanIn;
};

/// Builds a Graph the way a forward pass is written: each method takes values, adds a node with
/// its parameters and returns the new value. `name` is the node's state_dict prefix. Shapes are
/// checked as the graph grows: a mismatch throws Error kBadValue naming the node.
class GraphBuilder {
 public:
  using Value = Graph::ValueId;

  /// `shape` without the batch axis: {channels, height, width}. Inputs come before all nodes.
  Value Input(const std::string& name, Graph::Shape shape);

  Value Conv2d(const NodeName& name, Value x, const Conv2dOptions& options);
  Value BatchNorm2d(const NodeName& name, Value x, const BatchNorm2dOptions& options = {});
  Value Linear(const NodeName& name, Value x, const LinearOptions& options);
  Value Relu(Value x);
  Value Relu6(Value x);
  Value Silu(Value x);
  Value Sigmoid(Value x);
  Value MaxPool2d(Value x, const Pool2dOptions& options);
  Value GlobalAveragePool2d(Value x);
  Value Flatten(Value x);
  /// Probability 0 adds no node.
  Value Dropout(Value x, double probability);
  /// Drops whole examples of a residual branch. Probability 0 adds no node.
  Value StochasticDepth(Value x, double probability);
  Value Add(Value a, Value b);
  /// x [c, h, w] times factors [c, 1, 1].
  Value Scale(Value x, Value factors);

  const Graph::Shape& Shape(Value x) const;

  /// Ends the building; `output` is the graph's only output.
  Graph Build(Value output) &&;

 private:
  /// Infers the output's shape from the operator's row and appends node and value.
  Value AddNode(Graph::Node node);
  /// For operators without parameters, which need no name of the caller's.
  Value AddPlain(const std::string& op, std::vector<Value> inputs,
                 std::map<std::string, Graph::Attribute> attributes = {});
  /// `parameter` has all but its names, which are the node's with `suffix`.
  int AddParameter(const NodeName& node, const char* suffix, Graph::Parameter parameter);
  /// The first extent of a value that must have `rank` axes; kBadValue naming `node`.
  int64_t Extent(const std::string& node, Value x, size_t rank) const;
  std::string FreshName(const std::string& op);
  void ClaimName(const std::string& name);

  Graph graph_;
  std::set<std::string> names_;
};

}  // namespace keelrow::nets
