#include "nets/graph_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "nets/ops.h"

namespace keelrow::nets {
namespace {

using testing::HasSubstr;

void ExpectError(Code code, const std::string& part, const std::function<void()>& action) {
  try {
    action();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.message(), HasSubstr(part));
  }
}

TEST(GraphBuilder, InfersShapesAsItGrows) {
  GraphBuilder g;
  auto x = g.Input("input", {3, 32, 20});
  x = g.Conv2d("conv", x, {.channels = 8, .kernel = 5, .stride = 2, .padding = 1, .bias = true});
  EXPECT_EQ(g.Shape(x), (Graph::Shape{8, 15, 9}));
  x = g.MaxPool2d(x, {.kernel = 3, .stride = 2, .padding = 1});
  EXPECT_EQ(g.Shape(x), (Graph::Shape{8, 8, 5}));
  EXPECT_EQ(g.Shape(g.GlobalAveragePool2d(x)), (Graph::Shape{8, 1, 1}));
  x = g.Flatten(x);
  EXPECT_EQ(g.Shape(x), Graph::Shape{320});
  const auto y = g.Linear("fc", x, {.features = 2});
  const Graph graph = std::move(g).Build(y);
  EXPECT_EQ(graph.ParameterCount(), 8 * 3 * 25 + 8 + 2 * 320 + 2);
  EXPECT_EQ(graph.nodes.front().Integer("stride"), 2);
  EXPECT_NO_THROW(CheckGraph(graph));
}

TEST(GraphBuilder, SaysHowParametersStartAndDecay) {
  GraphBuilder g;
  auto x = g.BatchNorm2d("bn", g.Conv2d("conv", g.Input("x", {4, 4, 4}), {.channels = 6}));
  const auto y = g.Linear("fc", g.Flatten(x), {.features = 3});
  const Graph graph = std::move(g).Build(y);
  const auto find = [&](const std::string& name) {
    for (const Graph::Parameter& p : graph.parameters) {
      if (p.name == name) return p;
    }
    ADD_FAILURE() << "no " << name;
    return Graph::Parameter{};
  };
  EXPECT_EQ(find("conv.weight").init, Graph::Init::kKaimingNormalFanOut);
  EXPECT_TRUE(find("conv.weight").decay);
  EXPECT_EQ(find("bn.running_var").init, Graph::Init::kOnes);
  EXPECT_FALSE(find("bn.running_var").trainable);
  EXPECT_EQ(find("bn.num_batches_tracked").dtype, DType::kInt64);
  EXPECT_EQ(find("fc.bias").fan_in, 6 * 2 * 2);
  EXPECT_FALSE(find("fc.bias").decay);
}

TEST(GraphBuilder, NamesTheNodeWhoseShapesDoNotFit) {
  GraphBuilder g;
  const auto image = g.Input("input", {3, 8, 8});
  const auto vector = g.Flatten(image);
  ExpectError(Code::kBadValue, "stem", [&] { g.Conv2d("stem", vector, {.channels = 4}); });
  ExpectError(Code::kBadValue, "wide",
              [&] { g.Conv2d("wide", image, {.channels = 4, .kernel = 9}); });
  ExpectError(Code::kBadValue, "split",
              [&] { g.Conv2d("split", image, {.channels = 4, .groups = 2}); });
  ExpectError(Code::kBadValue, "still",
              [&] { g.Conv2d("still", image, {.channels = 4, .stride = 0}); });
  ExpectError(Code::kBadValue, "head", [&] { g.Linear("head", image, {.features = 4}); });
  ExpectError(Code::kBadValue, "[3, 8, 8] and [192]", [&] { g.Add(image, vector); });
  ExpectError(Code::kBadValue, "more than half",
              [&] { g.MaxPool2d(image, {.kernel = 2, .stride = 2, .padding = 2}); });
  ExpectError(Code::kBadValue, "probability", [&] { g.Dropout(image, 1.5); });
}

TEST(GraphBuilder, RefusesANameUsedTwice) {
  GraphBuilder g;
  const auto x = g.Input("input", {3, 8, 8});
  g.Conv2d("conv", x, {.channels = 4});
  ExpectError(Code::kInternal, "conv", [&] { g.Conv2d("conv", x, {.channels = 4}); });
}

Graph TinyGraph() {
  GraphBuilder g;
  const auto x = g.Flatten(g.Input("input", {1, 2, 2}));
  const auto y = g.Relu(g.Linear("fc", x, {.features = 3}));
  return std::move(g).Build(y);
}

TEST(CheckGraph, FindsWhatABuilderWouldNotMake) {
  Graph unknown = TinyGraph();
  unknown.nodes[1].op = "warp";
  ExpectError(Code::kUnsupported, "warp", [&] { CheckGraph(unknown); });

  Graph late = TinyGraph();
  std::swap(late.nodes[0], late.nodes[1]);
  ExpectError(Code::kBadValue, "runs before its input", [&] { CheckGraph(late); });

  Graph wrong = TinyGraph();
  wrong.values[wrong.nodes[1].output].shape = {4};
  ExpectError(Code::kBadValue, "declared as [4]", [&] { CheckGraph(wrong); });

  Graph outside = TinyGraph();
  outside.nodes[1].parameters[0] = 99;
  ExpectError(Code::kBadValue, "99", [&] { CheckGraph(outside); });

  Graph open = TinyGraph();
  open.outputs = {17};
  ExpectError(Code::kBadValue, "never made", [&] { CheckGraph(open); });

  Graph bare = TinyGraph();
  bare.nodes[1].parameters.clear();
  ExpectError(Code::kBadValue, "lacks its parameter", [&] { CheckGraph(bare); });
}

TEST(Operators, NamesAreUniqueAndEveryRowIsComplete) {
  std::set<std::string_view> names;
  for (const Operator& row : Operators()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_NE(row.infer_shape, nullptr);
    EXPECT_NE(row.emit_onnx, nullptr);
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(&FindOperator(row.name), &row);
  }
}

}  // namespace
}  // namespace keelrow::nets
