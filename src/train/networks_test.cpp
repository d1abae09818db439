#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
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

/// SplitMix64 from FNV-1a of the name, as a number in [0, 1).
class Draws {
 public:
  explicit Draws(const std::string& name) {
    for (const char byte : name) {
      state_ = (state_ ^ static_cast<uint8_t>(byte)) * 0x100000001B3;
    }
  }
  double Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    return static_cast<double>(z >> 40) / (1 << 24);
  }

 private:
  uint64_t state_ = 0xCBF29CE484222325;
};

Tensor Drawn(const std::string& name, const std::vector<int64_t>& shape) {
  Tensor tensor = Tensor::Zeros(DType::kFloat32, shape);
  const auto fan_in = static_cast<double>(tensor.Count()) / static_cast<double>(shape[0]);
  const bool scale = name.ends_with(".weight") || name.ends_with(".running_var");
  Draws draws(name);
  for (float& value : tensor.As<float>()) {
    const double u = draws.Next();
    const double drawn = shape.size() > 1 ? (2 * u - 1) * std::sqrt(2 / fan_in)
                         : scale          ? 0.75 + u / 2
                                          : u / 5 - 0.1;
    value = static_cast<float>(drawn);
  }
  return tensor;
}

Parameters DrawnParameters(const nets::Graph& graph) {
  Parameters parameters;
  for (const nets::Graph::Parameter& parameter : graph.parameters) {
    const bool counter = parameter.dtype == DType::kInt64;
    parameters.push_back(ToTorch(counter ? Tensor::Zeros(DType::kInt64, {})
                                         : Drawn(parameter.name, parameter.shape)));
  }
  return parameters;
}

Tensor Picture(const std::vector<int64_t>& shape) {
  Tensor picture = Tensor::Zeros(DType::kFloat32, shape);
  Draws draws("input");
  for (float& value : picture.As<float>()) value = static_cast<float>(2 * draws.Next() - 1);
  return picture;
}

class GoldenNetwork : public testing::TestWithParam<std::string> {};

TEST_P(GoldenNetwork, AnswersAsInPython) {
  const Json& golden = Golden().at(GetParam());
  const nets::Graph graph = nets::BuildNetwork(GetParam(), {.input_shape = {3, 65, 64}});
  EXPECT_EQ(graph.ParameterCount(), golden.at("parameters").get<int64_t>());
  EXPECT_EQ(graph.parameters.size(), golden.at("keys").get<size_t>());

  const c10::AutoGradMode no_gradients(false);
  const Interpreter network(graph);
  const Tensor logits =
      FromTorch(network.Forward(DrawnParameters(graph), ToInput(Picture({1, 3, 65, 64})), Pass{}));
  const double largest = golden.at("largest");
  for (size_t i = 0; i < golden.at("logits").size(); ++i) {
    EXPECT_NEAR(logits.As<float>()[100 * i], golden.at("logits")[i].get<double>(),
                1e-4 * std::max(1.0, largest));
  }
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
