// network-table GOLDEN: docs/networks.md. Each network of the zoo, its parameters counted, and how
// far its logits are from those of torchvision and timm (GOLDEN is tests/golden/networks.json),
// both in the trainer and as an ONNX model in the engine.
#include <c10/core/GradMode.h>

#include <cstdio>

#include "base/json.h"
#include "engine/session.h"
#include "nets/formula_for_test.h"
#include "nets/onnx_writer.h"
#include "nets/zoo.h"
#include "train/evaluation.h"
#include "train/interpreter.h"

namespace keelrow::tests {
namespace {

constexpr const char* kHead = R"(# Networks

Each network of the zoo beside the one that it follows: its parameters, equal to the peer's to the
last one, and the largest difference of its logits from the peer's, with the same weights and the
same picture (65 × 64 pixels), in the trainer (LibTorch) and as an exported ONNX model in the engine
(OpenVINO). Differences are absolute, or relative to the largest logit where that is above 1;
`train_test` refuses 1e-4. Weights load by the peer's own names, from `.pth` and `.safetensors`.

`tests/parity/run.sh network_table` counts again; to write this page again, differences included:
`build/bin/network-table tests/golden/networks.json > docs/networks.md`.

| network | peer | parameters | weights and buffers | trainer | engine |
| --- | --- | ---: | ---: | ---: | ---: |
)";

Tensor InTrainer(const nets::Graph& graph, const nets::WeightMap& weights, const Tensor& picture) {
  train::Parameters parameters;
  for (const nets::Graph::Parameter& parameter : graph.parameters) {
    parameters.push_back(train::ToTorch(weights.at(parameter.name)));
  }
  const c10::AutoGradMode no_gradients(false);
  return train::FromTorch(
      train::Interpreter(graph).Forward(parameters, train::ToInput(picture), train::Pass{}));
}

std::string PeerOf(const std::string& network) {
  return network.starts_with("efficientnet_lite") ? "timm `tf_" + network + "`"
                                                  : "torchvision `" + network + "`";
}

void PrintRow(const std::string& name, const Json& golden) {
  const nets::Graph graph = nets::BuildNetwork(name, {.input_shape = {3, 65, 64}});
  const nets::WeightMap weights = nets::FormulaWeights(graph);
  const Tensor picture = nets::FormulaPicture({1, 3, 65, 64});
  const auto difference = [&](const Tensor& logits) {
    return nets::FormulaDifference(logits, golden.at("logits"), golden.at("largest"));
  };
  const engine::Session session(nets::WriteOnnx(graph, weights));
  std::printf("| `%s` | %s | %lld | %zu | %.0e | %.0e |\n", name.c_str(), PeerOf(name).c_str(),
              static_cast<long long>(graph.ParameterCount()), graph.parameters.size(),
              difference(InTrainer(graph, weights, picture)), difference(session.Run(picture)));
}

void PrintTable(const std::string& path) {
  const Json golden = ReadJsonFile(path);
  std::fputs(kHead, stdout);
  for (const nets::Network& network : nets::Zoo()) {
    const std::string name(network.name);
    if (golden.contains(name)) PrintRow(name, golden.at(name));
  }
}

}  // namespace
}  // namespace keelrow::tests

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    keelrow::tests::PrintTable(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
