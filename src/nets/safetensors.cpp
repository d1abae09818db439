#include "nets/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "nets/element_type.h"

// Format: github.com/huggingface/safetensors, README "Format" and safetensors/src/tensor.rs.
namespace keelrow::nets {
namespace {

static_assert(std::endian::native == std::endian::little, "values are little-endian on disk");

constexpr size_t kLengthBytes = 8;
constexpr size_t kRankMax = 32;  // NumPy's limit; PyTorch's files have at most 5
constexpr char kMetadataKey[] = "__metadata__";

struct TypeName {
  ElementType type;
  const char* name;
};
/// Of several rows for one type of a Tensor, the first is the one that is written.
constexpr TypeName kTypes[] = {{ElementType::kFloat32, "F32"}, {ElementType::kFloat64, "F64"},
                               {ElementType::kFloat16, "F16"}, {ElementType::kBFloat16, "BF16"},
                               {ElementType::kInt64, "I64"},   {ElementType::kInt32, "I32"},
                               {ElementType::kUInt8, "U8"},    {ElementType::kUInt8, "BOOL"}};

/// The row that a Tensor is written as: the first with its type.
const char* WrittenName(DType dtype) {
  return std::ranges::find(kTypes, dtype, [](const TypeName& row) { return TensorType(row.type); })
      ->name;
}

/// A tensor's place in the values, which follow the header.
struct Entry {
  std::string name;
  ElementType type;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// A header whose entries are sorted by place and cover the values exactly.
struct Layout {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  uint64_t values_at = 0;
};

/// A file's bytes, and what to call it in messages.
struct Source {
  std::string_view name;
  std::string_view bytes;
};

Error Corrupt(std::string_view source, const std::string& what) {
  return Error(Code::kCorrupt, fmt::format("{} is not a sound safetensors file: {}", source, what),
               {.hint = "it may be truncated or of another format; fetch it again"});
}

Expected<ElementType> ParseType(const Json& value, std::string_view source) {
  if (!value.is_string()) return Corrupt(source, "a `dtype` is not a string");
  const auto& text = value.get_ref<const std::string&>();
  const auto* row = std::ranges::find(kTypes, text, &TypeName::name);
  if (row != std::end(kTypes)) return row->type;
  return Error(
      Code::kUnsupported, fmt::format("{} has values of type {}", source, text),
      {.hint = "F64, F32, F16, BF16, I64, I32, U8 and BOOL are read; convert the file to F32"});
}

/// An array of integers that are not negative.
Expected<std::vector<int64_t>> ParseSizes(const Json& value, std::string_view source) {
  if (!value.is_array()) return Corrupt(source, "a shape or offset is not a list");
  if (value.size() > kRankMax) return Corrupt(source, "a shape has too many axes");
  std::vector<int64_t> sizes;
  for (const Json& item : value) {
    const bool fits = item.is_number_unsigned() && item.get<uint64_t>() <= INT64_MAX;
    if (!fits) return Corrupt(source, "a shape or offset is not a whole number");
    sizes.push_back(item.get<int64_t>());
  }
  return sizes;
}

/// Whether the shape's bytes are exactly `expected`. A 0 among the extents does not excuse the
/// others: their product must not overflow for anyone who multiplies them, in whatever order.
bool HasBytes(const Entry& entry, uint64_t expected) {
  uint64_t bytes = SizeOf(entry.type);
  bool empty = false;
  for (const int64_t extent : entry.shape) {
    if (extent == 0) {
      empty = true;
      continue;
    }
    if (static_cast<uint64_t>(extent) > INT64_MAX / bytes) return false;
    bytes *= static_cast<uint64_t>(extent);
  }
  return expected == (empty ? 0 : bytes);
}

Expected<Entry> ParseEntry(const std::string& name, const Json& value, std::string_view source) {
  const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                        value.contains("shape") && value.contains("data_offsets");
  if (!complete) {
    return Corrupt(source,
                   fmt::format("`{}` does not have dtype, shape and data_offsets alone", name));
  }
  auto type = ParseType(value["dtype"], source);
  if (!type) return type.error();
  auto shape = ParseSizes(value["shape"], source);
  if (!shape) return shape.error();
  auto offsets = ParseSizes(value["data_offsets"], source);
  if (!offsets) return offsets.error();
  if (offsets->size() != 2 || (*offsets)[0] > (*offsets)[1]) {
    return Corrupt(source, fmt::format("`{}` has improper data_offsets", name));
  }
  Entry entry{.name = name,
              .type = *type,
              .shape = std::move(*shape),
              .begin = static_cast<uint64_t>((*offsets)[0]),
              .end = static_cast<uint64_t>((*offsets)[1])};
  if (!HasBytes(entry, entry.end - entry.begin)) {
    return Corrupt(source, fmt::format("`{}` has offsets that do not fit its shape", name));
  }
  return entry;
}

Expected<std::map<std::string, std::string>> ParseMetadata(const Json& value,
                                                           std::string_view source) {
  if (!value.is_object()) return Corrupt(source, "its metadata is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) return Corrupt(source, fmt::format("metadata `{}` is no text", key));
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// Tensors must follow each other without overlap or hole up to the end of the file.
std::string CoverFault(const std::vector<Entry>& sorted, uint64_t values_size) {
  uint64_t at = 0;
  for (const Entry& entry : sorted) {
    if (entry.begin < at) return fmt::format("`{}` overlaps the tensor before it", entry.name);
    if (entry.begin > at) return fmt::format("bytes before `{}` belong to no tensor", entry.name);
    if (entry.end > values_size) return fmt::format("`{}` reaches beyond the end", entry.name);
    at = entry.end;
  }
  if (at != values_size) return "bytes at the end belong to no tensor";
  return {};
}

struct Header {
  Json json;
  uint64_t values_at = 0;
};

Expected<Header> ReadHeader(const Source& source) {
  if (source.bytes.size() < kLengthBytes) {
    return Corrupt(source.name, "it is shorter than 8 bytes");
  }
  uint64_t length = 0;
  std::memcpy(&length, source.bytes.data(), kLengthBytes);
  if (length > source.bytes.size() - kLengthBytes) {
    return Corrupt(source.name, fmt::format("its header claims {} bytes", length));
  }
  if (length > kSafetensorsHeaderMax) {
    return Error(Code::kLimit, fmt::format("{} has a header of {} bytes; at most {} are read",
                                           source.name, length, kSafetensorsHeaderMax));
  }
  const std::string_view text = source.bytes.substr(kLengthBytes, length);
  if (!text.starts_with('{')) return Corrupt(source.name, "its header does not begin with {");
  auto json = ParseJson(text, source.name, {.depth_max = 4});
  if (!json) return Corrupt(source.name, json.error().message());
  return Header{.json = std::move(*json), .values_at = kLengthBytes + length};
}

Expected<Layout> ReadLayout(const Source& source) {
  auto header = ReadHeader(source);
  if (!header) return header.error();
  Layout layout{.values_at = header->values_at};
  for (const auto& [key, value] : header->json.items()) {
    if (key == kMetadataKey) {
      auto metadata = ParseMetadata(value, source.name);
      if (!metadata) return metadata.error();
      layout.metadata = std::move(*metadata);
      continue;
    }
    auto entry = ParseEntry(key, value, source.name);
    if (!entry) return entry.error();
    layout.entries.push_back(std::move(*entry));
  }
  std::ranges::sort(layout.entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  const std::string fault = CoverFault(layout.entries, source.bytes.size() - layout.values_at);
  if (!fault.empty()) return Corrupt(source.name, fault);
  return layout;
}

/// Wide elements first, so that each tensor begins at a multiple of its element's size.
std::vector<const WeightMap::value_type*> InFileOrder(const WeightMap& tensors) {
  std::vector<const WeightMap::value_type*> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::ranges::stable_sort(order, std::greater<>{},
                           [](const auto* entry) { return SizeOf(entry->second.dtype); });
  return order;
}

}  // namespace

Expected<Safetensors> ParseSafetensors(std::string_view bytes, std::string_view name) {
  auto layout = ReadLayout({.name = name, .bytes = bytes});
  if (!layout) return layout.error();
  Safetensors result{.metadata = std::move(layout->metadata)};
  for (Entry& entry : layout->entries) {
    const std::string_view values =
        bytes.substr(layout->values_at + entry.begin, entry.end - entry.begin);
    result.tensors.emplace(std::move(entry.name),
                           Decode(entry.type, std::move(entry.shape), values));
  }
  return result;
}

Expected<Safetensors> ReadSafetensors(const fs::path& path) {
  const MappedFile file(path);
  return ParseSafetensors(file.bytes(), path.string());
}

void WriteSafetensors(const fs::path& path, const WeightMap& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const auto order = InFileOrder(tensors);
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  uint64_t at = 0;
  for (const auto* entry : order) {
    const Tensor& tensor = entry->second;
    const uint64_t end = at + tensor.bytes.size();
    header[entry->first] = {
        {"dtype", WrittenName(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // values begin at a multiple of 8
  const auto prefix = std::bit_cast<std::array<char, kLengthBytes>>(uint64_t{text.size()});

  std::vector<std::string_view> pieces{{prefix.data(), prefix.size()}, text};
  for (const auto* entry : order) {
    const auto& bytes = entry->second.bytes;
    pieces.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  WriteFileDurably(path, pieces);
}

}  // namespace keelrow::nets
