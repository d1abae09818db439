#pragma once

// For tests: a small network over sequences, as text encoders are. Written field by field (the
// numbers are onnx.proto's), since our own writer makes networks of fixed shapes.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace keelrow::models {

/// A message of Protocol Buffers.
class ProtoForTest {
 public:
  ProtoForTest& Number(int field, uint64_t value) {
    Varint(static_cast<uint64_t>(field) << 3);
    Varint(value);
    return *this;
  }
  ProtoForTest& Bytes(int field, std::string_view bytes) {
    Varint(static_cast<uint64_t>(field) << 3 | 2);
    Varint(bytes.size());
    bytes_ += bytes;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

enum class OnnxType : int { kFloat = 1, kInt64 = 7 };

/// Collects the parts of a GraphProto.
class OnnxGraphForTest {
 public:
  struct Attribute {
    std::string name;
    int64_t value;
  };
  void Node(const std::string& type, std::initializer_list<std::string> inputs,
            const std::string& output, std::initializer_list<Attribute> attributes = {}) {
    ProtoForTest node;
    for (const std::string& input : inputs) node.Bytes(1, input);
    node.Bytes(2, output).Bytes(4, type);
    for (const Attribute& each : attributes) {
      ProtoForTest attribute;  // of the type INT
      attribute.Bytes(1, each.name).Number(3, static_cast<uint64_t>(each.value)).Number(20, 2);
      node.Bytes(5, attribute.bytes());
    }
    graph_.Bytes(1, node.bytes());
  }

  template <class T>
  void Constant(const std::string& name, OnnxType type, std::initializer_list<uint64_t> shape,
                const std::vector<T>& values) {
    ProtoForTest tensor;
    for (const uint64_t extent : shape) tensor.Number(1, extent);
    tensor.Number(2, static_cast<uint64_t>(type)).Bytes(8, name);
    tensor.Bytes(9, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
    graph_.Bytes(5, tensor.bytes());
  }

  /// An extent of 0 is free.
  void Input(const std::string& name, OnnxType type, std::initializer_list<uint64_t> shape) {
    graph_.Bytes(11, Port(name, type, shape));
  }
  void Output(const std::string& name, OnnxType type, std::initializer_list<uint64_t> shape) {
    graph_.Bytes(12, Port(name, type, shape));
  }

  std::string Model() && {
    graph_.Bytes(2, "sequences");
    const ProtoForTest opset = ProtoForTest().Bytes(1, "").Number(2, 17);
    return ProtoForTest().Number(1, 8).Bytes(7, graph_.bytes()).Bytes(8, opset.bytes()).bytes();
  }

 private:
  static std::string Port(const std::string& name, OnnxType type,
                          std::initializer_list<uint64_t> shape) {
    ProtoForTest dimensions;
    for (const uint64_t extent : shape) {
      ProtoForTest dimension;
      if (extent > 0) dimension.Number(1, extent);
      dimensions.Bytes(1, dimension.bytes());
    }
    ProtoForTest tensor;
    tensor.Number(1, static_cast<uint64_t>(type)).Bytes(2, dimensions.bytes());
    return ProtoForTest()
        .Bytes(1, name)
        .Bytes(2, ProtoForTest().Bytes(1, tensor.bytes()).bytes())
        .bytes();
  }

  ProtoForTest graph_;
};

inline constexpr int64_t kWords = 11;
inline constexpr int64_t kWidth = 3;

/// From `input_ids` and `attention_mask` [batch, tokens]: `hidden` [batch, tokens, 3], word by
/// word, and `pooled` [batch, 3], the mean over the words that the mask leaves.
inline std::string SequenceNetwork() {
  OnnxGraphForTest graph;
  graph.Input("input_ids", OnnxType::kInt64, {0, 0});
  graph.Input("attention_mask", OnnxType::kInt64, {0, 0});
  std::vector<float> words;
  for (int64_t i = 0; i < kWords * kWidth; ++i) {
    words.push_back(static_cast<float>((i * 7) % 13) / 4 - 1);
  }
  graph.Constant("words", OnnxType::kFloat, {kWords, kWidth}, words);
  graph.Constant<int64_t>("one", OnnxType::kInt64, {1}, {1});
  graph.Constant<int64_t>("two", OnnxType::kInt64, {1}, {2});
  graph.Node("Gather", {"words", "input_ids"}, "hidden");
  graph.Node("Cast", {"attention_mask"}, "mask", {{"to", 1}});
  graph.Node("Unsqueeze", {"mask", "two"}, "weights");
  graph.Node("Mul", {"hidden", "weights"}, "kept");
  graph.Node("ReduceSum", {"kept", "one"}, "total", {{"keepdims", 0}});
  graph.Node("ReduceSum", {"weights", "one"}, "count", {{"keepdims", 0}});
  graph.Node("Div", {"total", "count"}, "pooled");
  graph.Output("hidden", OnnxType::kFloat, {0, 0, kWidth});
  graph.Output("pooled", OnnxType::kFloat, {0, kWidth});
  return std::move(graph).Model();
}

}  // namespace keelrow::models
