#pragma once

#include "nets/weights.h"
#include "require.h"

namespace keelrow::fuzz {

/// Bytes of all values; each tensor must hold as many as its shape says.
inline size_t ValueBytes(const nets::WeightMap& weights) {
  size_t bytes = 0;
  for (const auto& [name, tensor] : weights) {
    Require(static_cast<size_t>(tensor.Count()) * SizeOf(tensor.dtype) == tensor.bytes.size(),
            "a tensor's bytes are those of its shape");
    bytes += tensor.bytes.size();
  }
  return bytes;
}

}  // namespace keelrow::fuzz
