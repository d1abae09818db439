#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nets/weights.h"

namespace keelrow::nets {

/// Weights from a file that another library wrote: safetensors, or what torch.save writes (.pth,
/// .pt), told apart by content. Names stay as they are in the file. Throws kNotFound, kPermission,
/// kIo, and what ParseSafetensors and ParseTorchFile return.
WeightMap ReadWeights(const std::filesystem::path& path);

/// A network's starting values.
struct Adopted {
  WeightMap weights;               // by the graph's own names
  std::vector<std::string> fresh;  // the parameters that are not among them and start anew
};

/// Finds the graph's parameters in `file` under their own names or their aliases (torchvision's,
/// timm's, EfficientNet-PyTorch's; a common prefix "module." or "model." is taken off). Everything
/// must be there with the graph's shape but for the classifier, which starts anew when the number
/// of classes differs, and counters of batches. kBadValue lists the keys that differ, on both
/// sides; `name` stands for the file.
Adopted AdoptWeights(const Graph& graph, WeightMap file, const std::string& name);

}  // namespace keelrow::nets
