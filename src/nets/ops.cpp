#include "nets/ops.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace keelrow::nets {
namespace {

constexpr std::array kGroups = {&BasicOperators, &ImageOperators};

std::vector<Operator> Gather() {
  std::vector<Operator> rows;
  for (const auto group : kGroups) rows.insert(rows.end(), group().begin(), group().end());
  return rows;
}

void CheckIndex(int index, size_t count, const Graph::Node& node) {
  if (index >= 0 && static_cast<size_t>(index) < count) return;
  throw Error(Code::kBadValue,
              fmt::format("node {} names value or parameter {} of {}", node.name, index, count));
}

void CheckNode(const Graph& graph, const Graph::Node& node, std::vector<bool>& known) {
  const Operator& row = FindOperator(node.op);
  CheckIndex(node.output, graph.values.size(), node);
  for (const int parameter : node.parameters) CheckIndex(parameter, graph.parameters.size(), node);
  for (const Graph::ValueId input : node.inputs) {
    CheckIndex(input, graph.values.size(), node);
    if (!known[input]) {
      throw Error(Code::kBadValue, fmt::format("node {} runs before its input {}", node.name,
                                               graph.values[input].name));
    }
  }
  const Graph::Shape inferred = row.infer_shape(graph, node);
  if (inferred != graph.values[node.output].shape) {
    throw Error(Code::kBadValue,
                fmt::format("node {} gives shape {}, but its value is declared as {}", node.name,
                            ToString(inferred), ToString(graph.values[node.output].shape)));
  }
  known[node.output] = true;
}

}  // namespace

std::span<const Operator> Operators() {
  static const std::vector<Operator> rows = Gather();
  return rows;
}

const Operator& FindOperator(std::string_view name) {
  const auto rows = Operators();
  const auto row = std::ranges::find(rows, name, &Operator::name);
  if (row != rows.end()) return *row;
  std::vector<std::string_view> names;
  for (const Operator& known : rows) names.push_back(known.name);
  throw Error(Code::kUnsupported, fmt::format("a network uses the unknown operator `{}`", name),
              {.hint = fmt::format("known operators: {}", fmt::join(names, ", "))});
}

void CheckGraph(const Graph& graph) {
  if (graph.inputs.empty() || graph.inputs.size() > graph.values.size()) {
    throw Error(Code::kBadValue, "the network declares no inputs, or more than it has values");
  }
  std::vector<bool> known(graph.values.size(), false);
  std::fill_n(known.begin(), graph.inputs.size(), true);
  for (const Graph::Node& node : graph.nodes) CheckNode(graph, node, known);
  for (const Graph::ValueId output : graph.outputs) {
    if (output < 0 || static_cast<size_t>(output) >= known.size() || !known[output]) {
      throw Error(Code::kBadValue, fmt::format("the network's output {} is never made", output));
    }
  }
}

}  // namespace keelrow::nets
