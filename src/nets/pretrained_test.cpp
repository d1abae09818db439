#include "nets/pretrained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "nets/safetensors.h"
#include "nets/zoo.h"

namespace keelrow::nets {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

Graph Lite(int64_t classes = 1000) {
  return BuildNetwork("efficientnet_lite0", {.input_shape = {3, 32, 32}, .classes = classes});
}

/// The graph's weights under the names that its parameters have elsewhere.
WeightMap Renamed(const Graph& graph, size_t alias) {
  WeightMap weights = BlankWeights(graph);
  WeightMap renamed;
  for (const Graph::Parameter& parameter : graph.parameters) {
    renamed.emplace(parameter.aliases.at(alias), weights.at(parameter.name));
  }
  return renamed;
}

Error Refusal(const Graph& graph, const WeightMap& weights) {
  try {
    AdoptWeights(graph, weights, "w.pth");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
    return error;
  }
  ADD_FAILURE() << "adopted";
  return Error(Code::kInternal, "");
}

TEST(AdoptWeights, OwnNamesAndAliases) {
  const Graph graph = Lite();
  EXPECT_EQ(AdoptWeights(graph, BlankWeights(graph), "w").weights, BlankWeights(graph));
  EXPECT_EQ(AdoptWeights(graph, Renamed(graph, 0), "w").weights, BlankWeights(graph));
  const Graph b0 = BuildNetwork("efficientnet_b0", {.input_shape = {3, 32, 32}});
  EXPECT_EQ(AdoptWeights(b0, Renamed(b0, 0), "w").weights, BlankWeights(b0));
  EXPECT_EQ(AdoptWeights(b0, Renamed(b0, 1), "w").weights, BlankWeights(b0));
}

TEST(AdoptWeights, AWrappersPrefixIsTakenOff) {
  const Graph graph = Lite();
  WeightMap wrapped;
  for (const auto& [name, tensor] : BlankWeights(graph)) wrapped["module." + name] = tensor;
  EXPECT_EQ(AdoptWeights(graph, wrapped, "w").weights, BlankWeights(graph));
}

TEST(AdoptWeights, OfOtherClassesTheClassifierStartsAnew) {
  const Adopted adopted = AdoptWeights(Lite(10), BlankWeights(Lite()), "w");
  EXPECT_THAT(adopted.fresh, UnorderedElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_EQ(adopted.weights.size(), BlankWeights(Lite()).size() - 2);
}

TEST(AdoptWeights, CountersMayBeAbsent) {
  const Graph graph = Lite();
  WeightMap weights = BlankWeights(graph);
  std::erase_if(weights, [](const auto& entry) { return entry.second.dtype == DType::kInt64; });
  EXPECT_NO_THROW(AdoptWeights(graph, weights, "w"));
}

TEST(AdoptWeights, AnotherNetworksKeysAreListed) {
  const Graph resnet = BuildNetwork("resnet18", {.input_shape = {3, 32, 32}});
  const Error error = Refusal(resnet, BlankWeights(Lite()));
  EXPECT_THAT(error.message(), HasSubstr("it lacks conv1.weight"));
  EXPECT_THAT(error.message(), HasSubstr("the network has no blocks.0.0"));
}

TEST(AdoptWeights, ANearNameIsSuggested) {
  const Graph graph = Lite();
  WeightMap weights = BlankWeights(graph);
  auto node = weights.extract("conv_stem.weight");
  node.key() = "conv_stemm.weight";
  weights.insert(std::move(node));
  EXPECT_THAT(Refusal(graph, weights).hint(), HasSubstr("conv_stemm.weight"));
}

TEST(AdoptWeights, AnotherWidthIsRefusedByItsShapes) {
  const Graph wide = BuildNetwork("efficientnet_lite0", {.input_shape = {3, 32, 32}, .width = 2});
  EXPECT_THAT(Refusal(wide, BlankWeights(Lite())).message(),
              HasSubstr("conv_stem.weight as float32 [32, 3, 3, 3], not float32 [64, 3, 3, 3]"));
}

TEST(ReadWeights, OtherFilesAreUnsupported) {
  const TemporaryFolder folder;
  for (const char* bytes : {"", "{}", "version: 1\nname: digits\n"}) {
    WriteFileDurably(folder.path() / "w", bytes);
    try {
      ReadWeights(folder.path() / "w");
      FAIL() << "read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kUnsupported);
    }
  }
}

TEST(ReadWeights, TellsFormatsByContent) {
  const TemporaryFolder folder;
  WriteSafetensors(folder.path() / "w.bin", {{"a", Tensor::Of<float>({1}, {2})}});
  EXPECT_EQ(ReadWeights(folder.path() / "w.bin").size(), 1U);
  const fs::path golden = fs::path(KEELROW_SOURCE_DIR) / "tests/golden/torch_files/legacy.pth";
  EXPECT_EQ(ReadWeights(golden).size(), 11U);
}

}  // namespace
}  // namespace keelrow::nets
