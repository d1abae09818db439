#include "nets/element_type.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace keelrow::nets {
namespace {

static_assert(std::endian::native == std::endian::little, "values are little-endian on disk");

template <class Stored>
Stored Load(const char* from) {
  Stored value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

float FromFloat64(const char* from) {
  return static_cast<float>(Load<double>(from));
}

/// bfloat16 is the upper half of a float32.
float FromBFloat16(const char* from) {
  return std::bit_cast<float>(static_cast<uint32_t>(Load<uint16_t>(from)) << 16);
}

/// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits.
float FromFloat16(const char* from) {
  const auto bits = Load<uint16_t>(from);
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0x1f) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
}

struct Row {
  size_t size;
  DType dtype;
  float (*to_float)(const char* from);  // null: the bytes are the value
};

const Row& RowOf(ElementType type) {
  static constexpr Row kRows[] = {
      {8, DType::kFloat32, FromFloat64}, {4, DType::kFloat32, nullptr},
      {2, DType::kFloat32, FromFloat16}, {2, DType::kFloat32, FromBFloat16},
      {8, DType::kInt64, nullptr},       {4, DType::kInt32, nullptr},
      {1, DType::kUInt8, nullptr},
  };
  return kRows[static_cast<size_t>(type)];
}

}  // namespace

size_t SizeOf(ElementType type) {
  return RowOf(type).size;
}

DType TensorType(ElementType type) {
  return RowOf(type).dtype;
}

Tensor Decode(ElementType type, std::vector<int64_t> shape, std::string_view values) {
  const Row& row = RowOf(type);
  Tensor tensor{.dtype = row.dtype, .shape = std::move(shape), .bytes = {}};
  if (row.to_float == nullptr) {
    tensor.bytes.resize(values.size());
    if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), values.size());
    return tensor;
  }
  const size_t count = values.size() / row.size;
  tensor.bytes.resize(count * sizeof(float));
  auto floats = tensor.As<float>();
  for (size_t i = 0; i < count; ++i) floats[i] = row.to_float(values.data() + i * row.size);
  return tensor;
}

}  // namespace keelrow::nets
