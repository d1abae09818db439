#pragma once

#include <string>
#include <vector>

#include "base/expected.h"
#include "base/json.h"
#include "base/tensor.h"

namespace keelrow::predictions {

/// Tensors as lists of numbers, for protocols that carry them in JSON. Whole numbers must be whole
/// and fit their type; bools are true, false, 1 or 0. Half floats have no place in JSON
/// (kUnsupported), nor have infinities and NaN.

/// `data` flat or nested, its lists packed or not (base/packed_numbers.h), as many numbers as the
/// shape says; else kBadExample.
Expected<Tensor> TensorFromJson(const Json& data, DType dtype, std::vector<int64_t> shape);

/// The nesting gives the shape: every list of one depth must be equally long, packed or not.
Expected<Tensor> TensorFromNested(const Json& data, DType dtype);

Json FlatJson(const Tensor& tensor);
/// Lists of lists, as the shape says; a number for a tensor without axes.
Json NestedJson(const Tensor& tensor);

/// The same as text behind `out`, each number in as few digits as give it back: where an answer is
/// written, a tree of its numbers would cost more than they do.
void AppendFlat(std::string& out, const Tensor& tensor);
void AppendNested(std::string& out, const Tensor& tensor);

}  // namespace keelrow::predictions
