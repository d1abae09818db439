#include "base/tensor.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelrow {

std::string_view Name(DType dtype) {
  switch (dtype) {
    case DType::kUInt8:
      return "uint8";
    case DType::kInt32:
      return "int32";
    case DType::kInt64:
      return "int64";
    case DType::kFloat32:
      return "float32";
  }
  return "unknown";
}

size_t SizeOf(DType dtype) {
  switch (dtype) {
    case DType::kUInt8:
      return 1;
    case DType::kInt32:
      return 4;
    case DType::kInt64:
      return 8;
    case DType::kFloat32:
      return 4;
  }
  return 0;
}

Tensor Tensor::Zeros(DType dtype, std::vector<int64_t> shape) {
  Tensor tensor{.dtype = dtype, .shape = std::move(shape), .bytes = {}};
  tensor.bytes.resize(static_cast<size_t>(tensor.Count()) * SizeOf(dtype));
  return tensor;
}

Tensor Stack(std::span<const Tensor> rows) {
  if (rows.empty()) throw Error(Code::kBadValue, "cannot stack an empty list of tensors");
  Tensor batch{.dtype = rows[0].dtype, .shape = {static_cast<int64_t>(rows.size())}, .bytes = {}};
  batch.shape.insert(batch.shape.end(), rows[0].shape.begin(), rows[0].shape.end());
  batch.bytes.reserve(rows.size() * rows[0].bytes.size());
  for (const Tensor& row : rows) {
    if (row.shape != rows[0].shape || row.dtype != rows[0].dtype) {
      throw Error(Code::kBadValue, "tensors of one batch differ in shape or type");
    }
    batch.bytes.insert(batch.bytes.end(), row.bytes.begin(), row.bytes.end());
  }
  return batch;
}

}  // namespace keelrow
