#pragma once

#include <optional>
#include <string_view>

#include "base/tensor.h"

namespace keelrow::predictions {

/// The Open Inference Protocol's name of a type of elements, which people know from signatures:
/// "FP32" for float32.
std::string_view Datatype(DType dtype);
std::optional<DType> FindDatatype(std::string_view name);

}  // namespace keelrow::predictions
