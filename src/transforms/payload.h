#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/tensor.h"
#include "data/image.h"

namespace keelrow::transforms {

/// What travels along a chain of transforms: a file's bytes, then a decoded form, at last the
/// network's input. A new kind of data adds its decoded form here.
using Payload = std::variant<std::string, data::Image, Tensor>;

enum class Kind { kBytes, kImage, kTensor };

inline Kind KindOf(const Payload& payload) {
  return static_cast<Kind>(payload.index());
}
std::string_view Name(Kind kind);  // "bytes", "picture", "tensor"

}  // namespace keelrow::transforms
