#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelrow {

/// Element types that cross our walls (bundle signatures, engine, protocols).
enum class DType { kUInt8, kInt32, kInt64, kFloat32 };

std::string_view Name(DType dtype);  // "uint8", "int32", "int64", "float32"
size_t SizeOf(DType dtype);          // bytes an element

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

}  // namespace keelrow
