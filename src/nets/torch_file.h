#pragma once

#include <filesystem>
#include <string_view>

#include "base/expected.h"
#include "nets/weights.h"

namespace keelrow::nets {

/// Weights written by torch.save (.pth, .pt), in both its formats: zip (since PyTorch 1.6) and the
/// stream before. Only a state_dict is read, or one under `state_dict` or `model`; anything that
/// would make Python run code is refused, and nothing is run. float64, float16 and bfloat16 come as
/// float32. `name` stands for the source in messages. kUnsafe for a pickle that names code,
/// kCorrupt for a damaged file, kUnsupported for what is no state_dict, kLimit where the tensors
/// would take much more memory than the file has bytes.
Expected<WeightMap> ParseTorchFile(std::string_view bytes, std::string_view name);

/// Whether they begin as torch.save's formats do.
bool LooksLikeTorchFile(std::string_view bytes);

}  // namespace keelrow::nets
