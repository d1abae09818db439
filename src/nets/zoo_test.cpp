#include "nets/zoo.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "nets/ops.h"
#include "nets/weights.h"

namespace keelrow::nets {
namespace {

struct Published {
  const char* name;
  int64_t parameters;  // torchvision 0.29.1
  size_t keys;         // of its state_dict
  const char* some_key;
};

class PublishedNetwork : public testing::TestWithParam<Published> {};

TEST_P(PublishedNetwork, HasTorchvisionsParametersAndKeys) {
  const Published& published = GetParam();
  const Graph graph = BuildNetwork(published.name, {});
  EXPECT_EQ(graph.ParameterCount(), published.parameters);
  EXPECT_EQ(graph.parameters.size(), published.keys);
  std::set<std::string> names;
  for (const Graph::Parameter& parameter : graph.parameters) names.insert(parameter.name);
  EXPECT_EQ(names.size(), published.keys);
  EXPECT_TRUE(names.contains(published.some_key));
  EXPECT_EQ(graph.values[graph.outputs[0]].shape, Graph::Shape{1000});
}

INSTANTIATE_TEST_SUITE_P(
    Zoo, PublishedNetwork,
    testing::Values(Published{"resnet18", 11'689'512, 122, "layer2.0.downsample.1.running_var"},
                    Published{"resnet34", 21'797'672, 218, "layer3.5.bn2.num_batches_tracked"},
                    Published{"resnet50", 25'557'032, 320, "layer4.2.conv3.weight"},
                    Published{"mobilenet_v2", 3'504'872, 314, "features.17.conv.1.1.weight"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Zoo, EveryNetworkBuildsForSmallPictures) {
  for (const Network& network : Zoo()) {
    for (const int64_t extent : {8, 28, 33}) {
      SCOPED_TRACE(network.name);
      const Graph graph = BuildNetwork(
          network.name, {.input_shape = {1, extent, extent + 1}, .classes = 10, .dropout = 0.3});
      EXPECT_NO_THROW(CheckGraph(graph));
      EXPECT_EQ(graph.values[graph.outputs[0]].shape, Graph::Shape{10});
    }
  }
}

TEST(Zoo, SmallCnnsClassifierDoesNotGrowWithThePicture) {
  const auto count = [](int64_t height, int64_t width) {
    return BuildNetwork("small_cnn", {.input_shape = {1, height, width}, .classes = 10})
        .ParameterCount();
  };
  EXPECT_EQ(count(28, 28), 54'778);
  EXPECT_EQ(count(224, 224), count(28, 28));
  EXPECT_EQ(count(512, 512), count(32, 32));
  EXPECT_GT(count(8, 400), 0);
}

TEST(Zoo, WidthScalesEveryNetwork) {
  for (const Network& network : Zoo()) {
    SCOPED_TRACE(network.name);
    const int64_t full = BuildNetwork(network.name, {}).ParameterCount();
    EXPECT_LT(BuildNetwork(network.name, {.width = 0.5}).ParameterCount(), full);
    EXPECT_GT(BuildNetwork(network.name, {.width = 2}).ParameterCount(), full);
  }
}

TEST(Zoo, MobileNetAtHalfWidthIsTheAuthors) {
  // torchvision's mobilenet_v2(width_mult=0.5) and Sandler et al., table 4: 1.95 M.
  EXPECT_EQ(BuildNetwork("mobilenet_v2", {.width = 0.5}).ParameterCount(), 1'968'680);
}

Code CodeOf(const std::string& name, const NetworkOptions& options) {
  try {
    BuildNetwork(name, options);
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;
}

TEST(Zoo, RefusesWhatItCannotBuild) {
  EXPECT_EQ(CodeOf("resnet19", {}), Code::kBadValue);
  EXPECT_EQ(CodeOf("resnet18", {.input_shape = {3, 224}}), Code::kBadValue);
  EXPECT_EQ(CodeOf("resnet18", {.input_shape = {3, 0, 224}}), Code::kBadValue);
  EXPECT_EQ(CodeOf("resnet18", {.classes = 0}), Code::kBadValue);
  EXPECT_EQ(CodeOf("resnet18", {.dropout = 1.0}), Code::kBadValue);
  EXPECT_EQ(CodeOf("resnet18", {.width = 0}), Code::kBadValue);
}

TEST(Zoo, AnUnknownNameListsTheKnownOnes) {
  try {
    BuildNetwork("resnet19", {});
    FAIL() << "built";
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("resnet18"), std::string::npos) << error.hint();
  }
}

TEST(WithoutHead, EndsWithWhatTheClassifierTakes) {
  const Graph whole = BuildNetwork("resnet50", {.input_shape = {3, 224, 224}});
  const Graph body = WithoutHead(whole);
  EXPECT_EQ(body.values[static_cast<size_t>(body.outputs[0])].shape, Graph::Shape{2048});
  EXPECT_EQ(body.parameters.size() + 2, whole.parameters.size());
  EXPECT_EQ(body.ParameterCount() + 2048 * 1000 + 1000, whole.ParameterCount());
  CheckWeights(body, BlankWeights(body));
  EXPECT_THROW(WithoutHead(body), Error);
}

}  // namespace
}  // namespace keelrow::nets
