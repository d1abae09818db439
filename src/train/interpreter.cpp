#include "train/interpreter.h"

#include "base/error.h"

namespace keelrow::train {
namespace {

using nets::Graph;

/// What the graph says about each value.
struct Use {
  int readers = 0;
  int last_reader = -1;             // index of a node
  bool may_be_overwritten = false;  // by a reader that is the only one
};

std::vector<Use> UsesOf(const Graph& graph) {
  std::vector<Use> uses(graph.values.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Graph::Node& node = graph.nodes[i];
    for (const Graph::ValueId input : node.inputs) {
      ++uses[input].readers;
      uses[input].last_reader = static_cast<int>(i);
    }
    uses[node.output].may_be_overwritten = FindKernel(node.op).output == Output::kFree;
  }
  for (const Graph::ValueId output : graph.outputs) uses[output] = {.readers = 2};
  return uses;
}

template <class T>
std::vector<at::Tensor> Pick(const std::vector<at::Tensor>& tensors, const std::vector<T>& which) {
  std::vector<at::Tensor> picked;
  picked.reserve(which.size());
  for (const T index : which) picked.push_back(tensors[index]);
  return picked;
}

}  // namespace

Interpreter::Interpreter(Graph graph) : graph_(std::move(graph)) {
  if (graph_.inputs.size() != 1 || graph_.outputs.size() != 1) {
    throw Error(Code::kUnsupported, "the trainer runs networks of one input and one output");
  }
  const std::vector<Use> uses = UsesOf(graph_);
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Graph::Node& node = graph_.nodes[i];
    const Use& first = uses[node.inputs[0]];
    Step step{.kernel = &FindKernel(node.op),
              .may_overwrite = first.readers == 1 && first.may_be_overwritten,
              .last_used = {}};
    for (const Graph::ValueId input : node.inputs) {
      if (uses[input].last_reader == static_cast<int>(i)) step.last_used.push_back(input);
    }
    steps_.push_back(std::move(step));
  }
}

at::Tensor Interpreter::Forward(const Parameters& parameters, const at::Tensor& input,
                                const Pass& pass) const {
  std::vector<at::Tensor> values(graph_.values.size());
  values[graph_.inputs[0]] = input;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Graph::Node& node = graph_.nodes[i];
    values[node.output] =
        steps_[i].kernel->forward({.node = node,
                                   .pass = pass,
                                   .inputs = Pick(values, node.inputs),
                                   .parameters = Pick(parameters, node.parameters),
                                   .may_overwrite = steps_[i].may_overwrite});
    for (const Graph::ValueId unused : steps_[i].last_used) values[unused].reset();
  }
  return values[graph_.outputs[0]];
}

}  // namespace keelrow::train
