#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "nets/weights.h"

namespace keelrow::nets {

/// Weights in a file, in the format that Hugging Face, timm and torchvision exports share: a length
/// (8 bytes, little-endian), a JSON header, the raw values. Nothing in it can run code, and a
/// hostile file can only be refused: every extent, product and offset is checked before a byte of
/// the values is looked at; the memory taken is bounded by the file's own length and the header's
/// limit.
struct Safetensors {
  WeightMap tensors;
  std::map<std::string, std::string> metadata;
};

/// The longest header accepted. ResNet-152's 932 tensors need 0.12 MB.
constexpr uint64_t kSafetensorsHeaderMax = uint64_t{16} << 20;

/// `name` stands for the source in messages. kCorrupt for a damaged or hostile file, kLimit for a
/// longer header, kUnsupported for an element type outside F64, F32, F16, BF16, I64,
/// I32, U8 and BOOL. Floats come as float32.
Expected<Safetensors> ParseSafetensors(std::string_view bytes, std::string_view name);

/// The same of a file, which is mapped, not read. Throws kNotFound, kPermission
/// or kIo where the file cannot be read.
Expected<Safetensors> ReadSafetensors(const std::filesystem::path& path);

/// Replaces the file durably without copying the values. Throws as WriteFileDurably does.
void WriteSafetensors(const std::filesystem::path& path, const WeightMap& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace keelrow::nets
