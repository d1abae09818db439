#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/tensor.h"

namespace keelrow::nets {

/// A network as data: nodes in the order in which they run, each an operator from ops.cpp, and the
/// parameters they own by the names that torchvision uses. One description serves everything: the
/// trainer runs it with LibTorch (train/interpreter), onnx_writer.cpp writes it for the engine;
/// neither looks at the network's C++ again. Plain data, immutable once a GraphBuilder has made it;
/// so any number of threads may read it.
struct Graph {
  /// Index into `values`. Value 0 … inputs-1 are the graph's inputs.
  using ValueId = int;
  using Shape = std::vector<int64_t>;

  /// Shape without the batch axis: an image is {channels, height, width}.
  struct Value {
    std::string name;
    Shape shape;
  };

  using Attribute = std::variant<int64_t, double, std::vector<int64_t>>;

  struct Node {
    std::string op;    // a row of nets::Operators(): "conv2d", "batch_norm2d", "relu", …
    std::string name;  // unique; the state_dict prefix of its parameters: "layer1.0.conv1"
    std::vector<ValueId> inputs;
    ValueId output = 0;
    std::map<std::string, Attribute> attributes;
    std::vector<int> parameters;  // indices into Graph::parameters, in the operator's order

    /// An attribute's value; kInternal, naming the node, when it is absent or of another type.
    int64_t Integer(const std::string& key) const;
    double Real(const std::string& key) const;
    const std::vector<int64_t>& Integers(const std::string& key) const;
  };

  /// How fresh values are drawn; the trainer does the drawing. For a weight [out, in, …], fan_in is
  /// in × … and fan_out is out × … (PyTorch's definition, also for grouped convolutions); a bias
  /// uses its weight's fan_in (Parameter::fan_in).
  enum class Init {
    kZeros,
    kOnes,
    kKaimingNormalFanOut,  // N(0, 2 / fan_out): torchvision's convolutions
    kKaimingUniformFanIn,  // U(±sqrt(6 / fan_in)): PyTorch's kaiming_uniform_ with a = 0
    kUniformFanIn,         // U(±1 / sqrt(fan_in)): what PyTorch's Linear and Conv2d start with
    kNormal001,            // N(0, 0.01²): torchvision's MobileNet classifier
  };

  struct Parameter {
    std::string name;  // "layer1.0.conv1.weight"
    Shape shape;       // empty for a scalar
    Init init = Init::kZeros;
    bool trainable = true;          // false: a buffer (running mean, running variance, counter)
    bool decay = true;              // false: weight decay skips it (biases, norms)
    int64_t fan_in = 1;             // of the owning node, for the initialisers of biases
    DType dtype = DType::kFloat32;  // kInt64 for counters (num_batches_tracked)
    std::vector<std::string> aliases = {};  // its names in other libraries' weight files
  };

  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<Parameter> parameters;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;

  /// Numbers that training changes (buffers not counted), as model zoos report them.
  int64_t ParameterCount() const;

  /// Indices of the parameters of the node that gives the output: the classifier's, as many outputs
  /// as there are classes. Empty where that node has none.
  std::vector<int> HeadParameters() const;
};

/// The network without the node that gives its output: it ends with what the classifier takes.
/// kBadValue when that node is no classifier of one value per class.
Graph WithoutHead(Graph graph);

/// "[3, 224, 224]", for messages.
std::string ToString(const Graph::Shape& shape);

}  // namespace keelrow::nets
