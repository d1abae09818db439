#include "nets/onnx_writer.h"

#include <fmt/format.h>

#include <protozero/pbf_writer.hpp>

#include "base/error.h"
#include "nets/onnx_emitter.h"
#include "nets/onnx_fields.h"
#include "nets/ops.h"

namespace keelrow::nets {
namespace {

using protozero::pbf_writer;

// What a protobuf parser accepts, less room for everything that is not weights.
constexpr uint64_t kWeightBytesMax = (uint64_t{1} << 31) - (uint64_t{16} << 20);

int32_t ElementType(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return onnx::tensor_proto::kFloat;
    case DType::kUInt8:
      return onnx::tensor_proto::kUInt8;
    case DType::kInt32:
      return onnx::tensor_proto::kInt32;
    case DType::kInt64:
      return onnx::tensor_proto::kInt64;
    default:  // no weight of ours has another
      break;
  }
  throw Error(Code::kInternal, "a weight has an unknown element type");
}

/// One overload for each kind of attribute.
struct AttributeWriter {
  pbf_writer& out;

  void operator()(int64_t value) const {
    out.add_int64(onnx::attribute_proto::kI, value);
    out.add_enum(onnx::attribute_proto::kType, onnx::attribute_proto::kTypeInt);
  }
  void operator()(double value) const {
    out.add_float(onnx::attribute_proto::kF, static_cast<float>(value));
    out.add_enum(onnx::attribute_proto::kType, onnx::attribute_proto::kTypeFloat);
  }
  void operator()(const std::vector<int64_t>& values) const {
    for (const int64_t value : values) out.add_int64(onnx::attribute_proto::kInts, value);
    out.add_enum(onnx::attribute_proto::kType, onnx::attribute_proto::kTypeInts);
  }
};

void WriteNode(pbf_writer& graph, const OnnxNode& node) {
  pbf_writer out(graph, onnx::graph_proto::kNode);
  for (const std::string& input : node.inputs) out.add_string(onnx::node_proto::kInput, input);
  for (const std::string& output : node.outputs) out.add_string(onnx::node_proto::kOutput, output);
  out.add_string(onnx::node_proto::kName, node.outputs.front());
  out.add_string(onnx::node_proto::kOpType, node.type);
  for (const auto& [name, value] : node.attributes) {
    pbf_writer attribute(out, onnx::node_proto::kAttribute);
    attribute.add_string(onnx::attribute_proto::kName, name);
    std::visit(AttributeWriter{attribute}, value);
  }
}

void WriteInitializer(pbf_writer& graph, const std::string& name, const Tensor& tensor) {
  pbf_writer out(graph, onnx::graph_proto::kInitializer);
  for (const int64_t extent : tensor.shape) out.add_int64(onnx::tensor_proto::kDims, extent);
  out.add_int32(onnx::tensor_proto::kDataType, ElementType(tensor.dtype));
  out.add_string(onnx::tensor_proto::kName, name);
  out.add_bytes(onnx::tensor_proto::kRawData, reinterpret_cast<const char*>(tensor.bytes.data()),
                tensor.bytes.size());
}

struct GraphPort {
  onnx::Tag field;  // input or output
  std::string name;
};

void WriteValueInfo(pbf_writer& graph, const GraphPort& port, const Graph::Shape& shape_of_one) {
  pbf_writer out(graph, port.field);
  out.add_string(onnx::value_info_proto::kName, port.name);
  pbf_writer type(out, onnx::value_info_proto::kType);
  pbf_writer tensor(type, onnx::type_proto::kTensorType);
  tensor.add_enum(onnx::tensor_type_proto::kElemType, onnx::tensor_proto::kFloat);
  pbf_writer shape(tensor, onnx::tensor_type_proto::kShape);
  pbf_writer(shape, onnx::tensor_shape_proto::kDim)
      .add_string(onnx::dimension_proto::kParam, "batch");
  for (const int64_t extent : shape_of_one) {
    pbf_writer(shape, onnx::tensor_shape_proto::kDim)
        .add_int64(onnx::dimension_proto::kValue, extent);
  }
}

/// The names of the graph's inputs and outputs in the model.
std::map<Graph::ValueId, std::string> PortNames(const Graph& graph, const OnnxOptions& options) {
  const auto given = [](const std::vector<std::string>& names, size_t count) {
    if (!names.empty() && names.size() != count) {
      throw Error(Code::kBadValue,
                  fmt::format("{} ONNX names for {} inputs or outputs", names.size(), count));
    }
    return !names.empty();
  };
  std::map<Graph::ValueId, std::string> names;
  const bool inputs_given = given(options.input_names, graph.inputs.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const Graph::ValueId value = graph.inputs[i];
    names[value] = inputs_given ? options.input_names[i] : graph.values[value].name;
  }
  const bool outputs_given = given(options.output_names, graph.outputs.size());
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const std::string fallback = i == 0 ? "output" : fmt::format("output_{}", i);
    names[graph.outputs[i]] = outputs_given ? options.output_names[i] : fallback;
  }
  return names;
}

void CheckSize(const WeightMap& weights) {
  uint64_t bytes = 0;
  for (const auto& entry : weights) bytes += entry.second.bytes.size();
  if (bytes <= kWeightBytesMax) return;
  throw Error(Code::kLimit,
              fmt::format("{} bytes of weights do not fit into one ONNX file, which may have 2 GiB",
                          bytes));
}

void WriteGraph(pbf_writer& out, const Graph& graph, const WeightMap& weights,
                const OnnxOptions& options) {
  const auto names = PortNames(graph, options);
  OnnxEmitter emitter(graph, names);
  for (const Graph::Node& node : graph.nodes) FindOperator(node.op).emit_onnx(node, emitter);

  for (const OnnxNode& node : emitter.nodes()) WriteNode(out, node);
  out.add_string(onnx::graph_proto::kName, options.graph_name);
  for (const auto& [name, value] : emitter.scalars()) {
    WriteInitializer(out, name, Tensor::Of<float>({}, {value}));
  }
  for (const int index : emitter.parameters()) {
    const std::string& name = graph.parameters[index].name;
    WriteInitializer(out, name, weights.at(name));
  }
  for (const Graph::ValueId value : graph.inputs) {
    WriteValueInfo(out, {onnx::graph_proto::kInput, names.at(value)}, graph.values[value].shape);
  }
  for (const Graph::ValueId value : graph.outputs) {
    WriteValueInfo(out, {onnx::graph_proto::kOutput, names.at(value)}, graph.values[value].shape);
  }
}

}  // namespace

std::string WriteOnnx(const Graph& graph, const WeightMap& weights, const OnnxOptions& options) {
  CheckGraph(graph);
  CheckWeights(graph, weights);
  CheckSize(weights);
  std::string bytes;
  pbf_writer model(bytes);
  model.add_int64(onnx::model_proto::kIrVersion, onnx::kIrVersion);
  model.add_string(onnx::model_proto::kProducerName, options.producer);
  model.add_string(onnx::model_proto::kProducerVersion, options.producer_version);
  {
    pbf_writer opset(model, onnx::model_proto::kOpsetImport);
    opset.add_string(onnx::operator_set_id_proto::kDomain, "");
    opset.add_int64(onnx::operator_set_id_proto::kVersion, onnx::kOpsetVersion);
  }
  {
    pbf_writer out(model, onnx::model_proto::kGraph);
    WriteGraph(out, graph, weights, options);
  }
  return bytes;
}

}  // namespace keelrow::nets
