#include "nets/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nets/zoo.h"

namespace keelrow::nets {
namespace {

using testing::Each;
using testing::HasSubstr;

Graph Digits() {
  return BuildNetwork("small_cnn", {.input_shape = {1, 28, 28}, .classes = 10});
}

TEST(Weights, BlankOnesFitTheirGraph) {
  const Graph graph = Digits();
  const WeightMap weights = BlankWeights(graph);
  EXPECT_EQ(weights.size(), graph.parameters.size());
  EXPECT_NO_THROW(CheckWeights(graph, weights));
  for (const Graph::Parameter& parameter : graph.parameters) {
    if (parameter.init != Graph::Init::kOnes) continue;
    EXPECT_THAT(weights.at(parameter.name).As<float>(), Each(1.0F)) << parameter.name;
  }
}

TEST(Weights, AMissingKeyIsNamedWithItsNearest) {
  const Graph graph = Digits();
  WeightMap weights = BlankWeights(graph);
  auto node = weights.extract("classifier.weight");
  ASSERT_FALSE(node.empty());
  node.key() = "clasifier.weight";
  weights.insert(std::move(node));
  try {
    CheckWeights(graph, weights);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
    EXPECT_THAT(error.message(), HasSubstr("classifier.weight"));
    EXPECT_THAT(error.hint(), HasSubstr("clasifier.weight"));
  }
}

TEST(Weights, MoreKeysThanNeededAreAllowed) {
  const Graph graph = Digits();
  WeightMap weights = BlankWeights(graph);
  weights["extra"] = Tensor::Zeros(DType::kFloat32, {2});
  EXPECT_NO_THROW(CheckWeights(graph, weights));
}

}  // namespace
}  // namespace keelrow::nets
