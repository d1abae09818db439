#pragma once

#include "open_inference/infer.h"

namespace keelrow::open_inference {

/// The Open Inference Protocol's binary form of tensors: elements little-endian, row by row; those
/// of BYTES each behind 4 bytes of length. Hostile input: every size is checked against what is
/// there.

/// Elements of a shape that a request brings. Throws kBadExample for one that is none.
size_t ElementsOf(const std::vector<int64_t>& shape);

/// Fills a tensor of which name, type and shape are known. Throws kBadExample where they do not
/// fit.
void FillFromBinary(NamedTensor& tensor, std::string_view bytes);

void AppendBinary(const NamedTensor& tensor, std::string& out);

}  // namespace keelrow::open_inference
