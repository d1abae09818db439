#include "base/tensor.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace keelrow {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  size_t size;
};

constexpr std::array kRows = {
    Row{DType::kBool, "bool", 1},         Row{DType::kUInt8, "uint8", 1},
    Row{DType::kUInt16, "uint16", 2},     Row{DType::kUInt32, "uint32", 4},
    Row{DType::kUInt64, "uint64", 8},     Row{DType::kInt8, "int8", 1},
    Row{DType::kInt16, "int16", 2},       Row{DType::kInt32, "int32", 4},
    Row{DType::kInt64, "int64", 8},       Row{DType::kFloat16, "float16", 2},
    Row{DType::kBFloat16, "bfloat16", 2}, Row{DType::kFloat32, "float32", 4},
    Row{DType::kFloat64, "float64", 8},
};

constexpr auto kDTypes = [] {
  std::array<DType, kRows.size()> dtypes{};
  for (size_t i = 0; i < kRows.size(); ++i) dtypes[i] = kRows[i].dtype;
  return dtypes;
}();

const Row& RowOf(DType dtype) {
  return kRows[static_cast<size_t>(dtype)];
}

bool SameButForRows(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape.size() == b.shape.size() && !a.shape.empty() &&
         std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1);
}

}  // namespace

std::span<const DType> DTypes() {
  return kDTypes;
}

std::string_view Name(DType dtype) {
  return RowOf(dtype).name;
}

std::optional<DType> FindDType(std::string_view name) {
  const auto* found = std::ranges::find(kRows, name, &Row::name);
  if (found == kRows.end()) return std::nullopt;
  return found->dtype;
}

size_t SizeOf(DType dtype) {
  return RowOf(dtype).size;
}

std::optional<size_t> CountOf(std::span<const int64_t> shape) {
  size_t count = 1;
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, static_cast<size_t>(extent), &count)) {
      return std::nullopt;
    }
  }
  return count;
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

Tensor Concatenate(std::span<const Tensor* const> parts) {
  if (parts.empty()) throw Error(Code::kBadValue, "cannot join an empty list of tensors");
  Tensor whole{.dtype = parts[0]->dtype, .shape = parts[0]->shape, .bytes = {}};
  int64_t rows = 0;
  size_t size = 0;
  for (const Tensor* part : parts) {
    if (!SameButForRows(*part, *parts[0])) {
      throw Error(Code::kBadValue, "tensors of one batch differ in shape or type");
    }
    rows += part->Rows();
    size += part->bytes.size();
  }
  whole.shape[0] = rows;
  whole.bytes.reserve(size);
  for (const Tensor* part : parts) {
    whole.bytes.insert(whole.bytes.end(), part->bytes.begin(), part->bytes.end());
  }
  return whole;
}

Tensor Slice(const Tensor& tensor, int64_t begin, int64_t count) {
  if (begin < 0 || count < 0 || begin + count > tensor.Rows()) {
    throw Error(Code::kInternal, "a slice beyond the tensor's rows");
  }
  Tensor slice{.dtype = tensor.dtype, .shape = tensor.shape, .bytes = {}};
  slice.shape[0] = count;
  const size_t row =
      tensor.Rows() == 0 ? 0 : tensor.bytes.size() / static_cast<size_t>(tensor.Rows());
  const auto first =
      tensor.bytes.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(begin) * row);
  slice.bytes.assign(first, first + static_cast<ptrdiff_t>(static_cast<size_t>(count) * row));
  return slice;
}

}  // namespace keelrow
