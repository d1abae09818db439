#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelrow {

/// Element types that cross our walls (bundle signatures, engine, protocols). A bool is one byte, 0
/// or 1; half floats are their 16 bits.
enum class DType {
  kBool,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
};

/// All of them, in that order.
std::span<const DType> DTypes();
std::string_view Name(DType dtype);  // "bool", "uint8", … "float64"
std::optional<DType> FindDType(std::string_view name);
size_t SizeOf(DType dtype);  // bytes an element

/// Elements that a shape from outside claims; empty for an extent below 0, and for more than a
/// size_t counts.
std::optional<size_t> CountOf(std::span<const int64_t> shape);

/// A dense row-major array that owns its bytes: what preprocessing makes and the engine eats.
/// Plain data; no thread rules beyond those of std::vector.
struct Tensor {
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;

  static Tensor Zeros(DType dtype, std::vector<int64_t> shape);
  template <class T>
  static Tensor Of(std::vector<int64_t> shape, const std::vector<T>& values);

  int64_t Count() const {
    return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  }
  /// Its extent along the first axis; at least one axis must be there.
  int64_t Rows() const { return shape.at(0); }
  template <class T>
  std::span<T> As() {
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <class T>
  std::span<const T> As() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  bool operator==(const Tensor&) const = default;
};

template <class T>
constexpr DType DTypeOf();
template <>
constexpr DType DTypeOf<float>() {
  return DType::kFloat32;
}
template <>
constexpr DType DTypeOf<int64_t>() {
  return DType::kInt64;
}
template <>
constexpr DType DTypeOf<int32_t>() {
  return DType::kInt32;
}
template <>
constexpr DType DTypeOf<uint8_t>() {
  return DType::kUInt8;
}

template <class T>
Tensor Tensor::Of(std::vector<int64_t> shape, const std::vector<T>& values) {
  Tensor tensor{.dtype = DTypeOf<T>(), .shape = std::move(shape), .bytes = {}};
  const auto bytes = std::as_bytes(std::span(values));
  tensor.bytes.assign(bytes.begin(), bytes.end());
  return tensor;
}

/// Stacks equal-shaped tensors along a new first axis: n × [c,h,w] → [n,c,h,w].
Tensor Stack(std::span<const Tensor> rows);

/// Joins tensors along their first axis, in which alone they may differ: [2,k] and [1,k] → [3,k].
Tensor Concatenate(std::span<const Tensor* const> parts);

/// Rows begin … begin + count of a tensor: [n, …] → [count, …].
Tensor Slice(const Tensor& tensor, int64_t begin, int64_t count);

}  // namespace keelrow
