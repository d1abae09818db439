#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "nets/formula_for_test.h"
#include "nets/zoo.h"
#include "train/evaluation.h"
#include "train/interpreter.h"

// Networks against torchvision and timm, with weights made by a formula instead of downloaded:
// tests/parity/networks.py wrote what those answer.
namespace keelrow::train {
namespace {

const Json& Golden() {
  static const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/networks.json");
  return golden;
}

Parameters FormulaParameters(const nets::Graph& graph) {
  const nets::WeightMap weights = nets::FormulaWeights(graph);
  Parameters parameters;
  for (const nets::Graph::Parameter& parameter : graph.parameters) {
    parameters.push_back(ToTorch(weights.at(parameter.name)));
  }
  return parameters;
}

class GoldenNetwork : public testing::TestWithParam<std::string> {};

TEST_P(GoldenNetwork, AnswersAsInPython) {
  const Json& golden = Golden().at(GetParam());
  const nets::Graph graph = nets::BuildNetwork(GetParam(), {.input_shape = {3, 65, 64}});
  EXPECT_EQ(graph.ParameterCount(), golden.at("parameters").get<int64_t>());
  EXPECT_EQ(graph.parameters.size(), golden.at("keys").get<size_t>());

  const c10::AutoGradMode no_gradients(false);
  const Interpreter network(graph);
  const Tensor picture = nets::FormulaPicture({1, 3, 65, 64});
  const Tensor logits =
      FromTorch(network.Forward(FormulaParameters(graph), ToInput(picture), Pass{}));
  EXPECT_LT(nets::FormulaDifference(logits, golden.at("logits"), golden.at("largest")), 1e-4);
}

std::vector<std::string> GoldenNames() {
  std::vector<std::string> names;
  for (const auto& [name, answer] : Golden().items()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, GoldenNetwork, testing::ValuesIn(GoldenNames()),
                         [](const auto& info) { return info.param; });

TEST(GoldenNetworks, AreAllThatHaveAPeer) {
  for (const nets::Network& network : nets::Zoo()) {
    if (network.name == "small_cnn") continue;  // our own
    EXPECT_TRUE(Golden().contains(network.name)) << network.name;
  }
}

}  // namespace
}  // namespace keelrow::train
