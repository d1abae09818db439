#include "train/torch_tensors.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include "base/error.h"

namespace keelrow::train {
namespace {

struct TypePair {
  DType ours;
  at::ScalarType theirs;
};
constexpr TypePair kTypes[] = {
    {DType::kUInt8, at::kByte},
    {DType::kInt32, at::kInt},
    {DType::kInt64, at::kLong},
    {DType::kFloat32, at::kFloat},
};

at::ScalarType TypeOf(const Tensor& tensor) {
  for (const TypePair& pair : kTypes) {
    if (pair.ours == tensor.dtype) return pair.theirs;
  }
  throw Error(Code::kInternal, fmt::format("no LibTorch type for {}", Name(tensor.dtype)));
}

DType TypeOf(const at::Tensor& tensor) {
  for (const TypePair& pair : kTypes) {
    if (pair.theirs == tensor.scalar_type()) return pair.ours;
  }
  throw Error(Code::kInternal,
              fmt::format("a tensor of LibTorch's type {}", toString(tensor.scalar_type())));
}

}  // namespace

at::Tensor ToTorch(const Tensor& tensor) {
  at::Tensor made = at::empty(tensor.shape, TypeOf(tensor));
  std::memcpy(made.mutable_data_ptr(), tensor.bytes.data(), tensor.bytes.size());
  return made;
}

Tensor FromTorch(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.detach().contiguous();
  Tensor made = Tensor::Zeros(TypeOf(dense), dense.sizes().vec());
  std::memcpy(made.bytes.data(), dense.const_data_ptr(), made.bytes.size());
  return made;
}

void CopyInto(at::Tensor target, const Tensor& source, const std::string& name) {
  if (target.sizes() != source.shape || target.scalar_type() != TypeOf(source)) {
    throw Error(Code::kCorrupt, fmt::format("the tensor {} has another shape or type", name));
  }
  const c10::AutoGradMode no_gradients(false);
  target.copy_(ToTorch(source));
}

}  // namespace keelrow::train
