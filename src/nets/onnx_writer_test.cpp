#include "nets/onnx_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>

#include "base/error.h"
#include "nets/graph_builder.h"
#include "nets/onnx_fields.h"
#include "nets/ops.h"
#include "nets/zoo.h"

namespace keelrow::nets {
namespace {

using protozero::pbf_reader;
using testing::ElementsAre;
using testing::HasSubstr;

/// What stands in a model, read back with protozero.
struct ReadModel {
  int64_t ir_version = 0;
  int64_t opset = 0;
  std::string producer;
  std::vector<std::string> node_types;
  std::map<std::string, std::vector<std::string>> inputs_of;  // by a node's output
  std::map<std::string, std::vector<int64_t>> initializers;
  std::map<std::string, std::string> raw_data;
  std::map<std::string, std::vector<std::string>> ports;  // extents, "batch" among them
  std::vector<std::string> input_names;
  std::vector<std::string> output_names;
};

void ReadNode(pbf_reader node, ReadModel& model) {
  std::vector<std::string> inputs;
  std::string output;
  while (node.next()) {
    if (node.tag() == onnx::node_proto::kInput) {
      inputs.push_back(node.get_string());
    } else if (node.tag() == onnx::node_proto::kOutput) {
      output = node.get_string();
    } else if (node.tag() == onnx::node_proto::kOpType) {
      model.node_types.push_back(node.get_string());
    } else {
      node.skip();
    }
  }
  model.inputs_of[output] = inputs;
}

void ReadInitializer(pbf_reader tensor, ReadModel& model) {
  std::vector<int64_t> dims;
  std::string name;
  std::string raw;
  while (tensor.next()) {
    if (tensor.tag() == onnx::tensor_proto::kDims) {
      dims.push_back(tensor.get_int64());
    } else if (tensor.tag() == onnx::tensor_proto::kName) {
      name = tensor.get_string();
    } else if (tensor.tag() == onnx::tensor_proto::kRawData) {
      raw = tensor.get_string();
    } else {
      tensor.skip();
    }
  }
  model.initializers[name] = dims;
  model.raw_data[name] = raw;
}

pbf_reader Child(pbf_reader message, onnx::Tag tag) {
  return message.next(tag) ? message.get_message() : pbf_reader();
}

std::string ReadPort(pbf_reader info, ReadModel& model) {
  const auto type = Child(info, onnx::value_info_proto::kType);
  const auto tensor = Child(type, onnx::type_proto::kTensorType);
  auto shape = Child(tensor, onnx::tensor_type_proto::kShape);
  std::vector<std::string> extents;
  while (shape.next(onnx::tensor_shape_proto::kDim)) {
    auto dim = shape.get_message();
    dim.next();
    extents.push_back(dim.tag() == onnx::dimension_proto::kParam ? dim.get_string()
                                                                 : std::to_string(dim.get_int64()));
  }
  info.next(onnx::value_info_proto::kName);
  const std::string name = info.get_string();
  model.ports[name] = extents;
  return name;
}

ReadModel Read(const std::string& bytes) {
  ReadModel model;
  pbf_reader reader(bytes);
  pbf_reader graph;
  while (reader.next()) {
    if (reader.tag() == onnx::model_proto::kIrVersion) {
      model.ir_version = reader.get_int64();
    } else if (reader.tag() == onnx::model_proto::kProducerName) {
      model.producer = reader.get_string();
    } else if (reader.tag() == onnx::model_proto::kOpsetImport) {
      auto opset = reader.get_message();
      opset.next(onnx::operator_set_id_proto::kVersion);
      model.opset = opset.get_int64();
    } else if (reader.tag() == onnx::model_proto::kGraph) {
      graph = reader.get_message();
    } else {
      reader.skip();
    }
  }
  while (graph.next()) {
    if (graph.tag() == onnx::graph_proto::kNode) {
      ReadNode(graph.get_message(), model);
    } else if (graph.tag() == onnx::graph_proto::kInitializer) {
      ReadInitializer(graph.get_message(), model);
    } else if (graph.tag() == onnx::graph_proto::kInput) {
      model.input_names.push_back(ReadPort(graph.get_message(), model));
    } else if (graph.tag() == onnx::graph_proto::kOutput) {
      model.output_names.push_back(ReadPort(graph.get_message(), model));
    } else {
      graph.skip();
    }
  }
  return model;
}

Graph ConvGraph() {
  GraphBuilder g;
  auto x = g.Input("input", {1, 6, 6});
  x = g.Relu6(g.BatchNorm2d("bn", g.Conv2d("conv", x, {.channels = 2, .stride = 2})));
  x = g.Dropout(g.Flatten(g.GlobalAveragePool2d(x)), 0.5);
  const auto y = g.Linear("fc", x, {.features = 3});
  return std::move(g).Build(y);
}

TEST(OnnxWriter, WritesHeaderPortsAndNodesInOrder) {
  const Graph graph = ConvGraph();
  const ReadModel model = Read(WriteOnnx(graph, BlankWeights(graph), {.producer = "me"}));
  EXPECT_EQ(model.ir_version, 8);
  EXPECT_EQ(model.opset, 17);
  EXPECT_EQ(model.producer, "me");
  EXPECT_THAT(model.node_types, ElementsAre("Conv", "BatchNormalization", "Clip",
                                            "GlobalAveragePool", "Flatten", "Gemm"));
  EXPECT_THAT(model.ports.at("input"), ElementsAre("batch", "1", "6", "6"));
  EXPECT_THAT(model.ports.at("output"), ElementsAre("batch", "3"));
  EXPECT_THAT(model.inputs_of.at("conv"), ElementsAre("input", "conv.weight"));
  EXPECT_THAT(model.inputs_of.at("output"),
              ElementsAre("flatten_4", "fc.weight", "fc.bias"));  // dropout is gone
}

TEST(OnnxWriter, StoresWeightsRawAndLeavesTheCounterOut) {
  const Graph graph = ConvGraph();
  WeightMap weights = BlankWeights(graph);
  weights["fc.bias"] = Tensor::Of<float>({3}, {1.5F, -2, 3});
  const ReadModel model = Read(WriteOnnx(graph, weights));
  EXPECT_THAT(model.initializers.at("conv.weight"), ElementsAre(2, 1, 3, 3));
  const auto& bias = weights["fc.bias"].bytes;
  EXPECT_EQ(model.raw_data.at("fc.bias"),
            std::string(reinterpret_cast<const char*>(bias.data()), bias.size()));
  EXPECT_FALSE(model.initializers.contains("bn.num_batches_tracked"));
  EXPECT_TRUE(model.initializers.contains("constant_6"));
}

TEST(OnnxWriter, TakesPortNamesAndKeepsThemApartFromSkippedNodes) {
  GraphBuilder g;
  const auto x = g.Input("input", {4});
  const auto y = g.Dropout(x, 0.5);
  const Graph graph = std::move(g).Build(y);
  const ReadModel model =
      Read(WriteOnnx(graph, {}, {.input_names = {"pixels"}, .output_names = {"same_pixels"}}));
  EXPECT_THAT(model.input_names, ElementsAre("pixels"));
  EXPECT_THAT(model.output_names, ElementsAre("same_pixels"));
  EXPECT_THAT(model.node_types, ElementsAre("Identity"));
  EXPECT_THAT(model.inputs_of.at("same_pixels"), ElementsAre("pixels"));
}

TEST(OnnxWriter, EqualArgumentsGiveEqualBytes) {
  const Graph graph = BuildNetwork("small_cnn", {.input_shape = {1, 28, 28}, .classes = 10});
  EXPECT_EQ(WriteOnnx(graph, BlankWeights(graph)), WriteOnnx(graph, BlankWeights(graph)));
}

void ExpectRefused(const Graph& graph, const WeightMap& weights, const std::string& part) {
  try {
    WriteOnnx(graph, weights);
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
    EXPECT_THAT(error.message(), HasSubstr(part));
  }
}

TEST(OnnxWriter, RefusesWeightsThatDoNotFit) {
  const Graph graph = ConvGraph();
  WeightMap missing = BlankWeights(graph);
  missing.erase("fc.bias");
  ExpectRefused(graph, missing, "fc.bias");

  WeightMap wrong = BlankWeights(graph);
  wrong["fc.weight"] = Tensor::Zeros(DType::kFloat32, {4, 2});
  ExpectRefused(graph, wrong, "[4, 2], but the network needs float32 [3, 2]");

  WeightMap narrow = BlankWeights(graph);
  narrow["bn.num_batches_tracked"] = Tensor::Zeros(DType::kInt32, {});
  ExpectRefused(graph, narrow, "int32");
}

TEST(OnnxWriter, EveryNetworkOfTheZooIsWritten) {
  for (const Network& network : Zoo()) {
    SCOPED_TRACE(network.name);
    const Graph graph = BuildNetwork(network.name, {.input_shape = {3, 32, 32}, .classes = 7});
    const ReadModel model = Read(WriteOnnx(graph, BlankWeights(graph)));
    EXPECT_THAT(model.ports.at("output"), ElementsAre("batch", "7"));
    EXPECT_THAT(model.output_names, ElementsAre("output"));
  }
}

}  // namespace
}  // namespace keelrow::nets
