#include "train/layers.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>

namespace keelrow::train {
namespace {

bool IsNumber(const std::string& text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

/// "layer1.0" of "layer1.0.conv1.weight", "bn1" of "bn1.weight".
std::string LayerName(const std::string& parameter) {
  size_t begin = 0;
  for (size_t dot = parameter.find('.'); dot != std::string::npos;
       dot = parameter.find('.', begin)) {
    if (IsNumber(parameter.substr(begin, dot - begin))) return parameter.substr(0, dot);
    begin = dot + 1;
  }
  return parameter.substr(0, parameter.rfind('.'));
}

}  // namespace

std::vector<int> LayersOf(const nets::Graph& graph) {
  std::vector<int> layers(graph.parameters.size());
  const std::vector<int> head = graph.HeadParameters();
  std::map<std::string, int> known;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (std::ranges::find(head, static_cast<int>(i)) != head.end()) continue;
    const int next = static_cast<int>(known.size());
    layers[i] = known.emplace(LayerName(graph.parameters[i].name), next).first->second;
  }
  for (const int index : head) layers[static_cast<size_t>(index)] = static_cast<int>(known.size());
  return layers;
}

}  // namespace keelrow::train
