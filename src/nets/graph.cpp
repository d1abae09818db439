#include "nets/graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "base/error.h"

namespace keelrow::nets {
namespace {

template <class T>
const T& AttributeOf(const Graph::Node& node, const std::string& key) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end() || !std::holds_alternative<T>(found->second)) {
    throw Error(Code::kInternal,
                fmt::format("node {} ({}) lacks a proper attribute `{}`", node.name, node.op, key));
  }
  return std::get<T>(found->second);
}

}  // namespace

int64_t Graph::Node::Integer(const std::string& key) const {
  return AttributeOf<int64_t>(*this, key);
}

double Graph::Node::Real(const std::string& key) const {
  return AttributeOf<double>(*this, key);
}

const std::vector<int64_t>& Graph::Node::Integers(const std::string& key) const {
  return AttributeOf<std::vector<int64_t>>(*this, key);
}

int64_t Graph::ParameterCount() const {
  int64_t count = 0;
  for (const Parameter& parameter : parameters) {
    if (!parameter.trainable) continue;
    count += std::accumulate(parameter.shape.begin(), parameter.shape.end(), int64_t{1},
                             std::multiplies<>());
  }
  return count;
}

std::vector<int> Graph::HeadParameters() const {
  const auto head = std::ranges::find(nodes, outputs[0], &Node::output);
  return head == nodes.end() ? std::vector<int>() : head->parameters;
}

Graph WithoutHead(Graph graph) {
  const auto head = std::ranges::find(graph.nodes, graph.outputs[0], &Graph::Node::output);
  if (head == graph.nodes.end() || head->op != "linear") {
    throw Error(Code::kBadValue, "the network does not end with a classifier");
  }
  graph.outputs = head->inputs;
  graph.nodes.erase(head);
  std::vector<Graph::Parameter> kept;
  for (Graph::Node& node : graph.nodes) {
    for (int& index : node.parameters) {
      kept.push_back(graph.parameters[static_cast<size_t>(index)]);
      index = static_cast<int>(kept.size()) - 1;
    }
  }
  graph.parameters = std::move(kept);
  return graph;
}

std::string ToString(const Graph::Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace keelrow::nets
