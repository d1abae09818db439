#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace keelrow::train {

/// A network's numbers while it trains: one tensor for each of Graph::parameters, in its order.
using Parameters = std::vector<at::Tensor>;

/// Live tensors by the name that they have in a checkpoint. The tensors share storage with their
/// owner: CopyInto writes into them.
using NamedTensors = std::map<std::string, at::Tensor>;

/// Copies; ToTorch gives a contiguous tensor, FromTorch a row-major one whatever the layout was.
at::Tensor ToTorch(const Tensor& tensor);
Tensor FromTorch(const at::Tensor& tensor);

/// Copies the values into `target`, keeping its memory layout. kCorrupt, naming `name`, when shape
/// or type differ.
void CopyInto(at::Tensor target, const Tensor& source, const std::string& name);

}  // namespace keelrow::train
