#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/tensor.h"

namespace keelrow::nets {

/// How values lie in weight files, little-endian.
enum class ElementType { kFloat64, kFloat32, kFloat16, kBFloat16, kInt64, kInt32, kUInt8 };

size_t SizeOf(ElementType type);  // bytes an element

/// What a Tensor has instead: floats become float32, integers stay.
DType TensorType(ElementType type);

/// `values` has as many elements as the shape says.
Tensor Decode(ElementType type, std::vector<int64_t> shape, std::string_view values);

}  // namespace keelrow::nets
