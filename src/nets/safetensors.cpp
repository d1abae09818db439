#include "nets/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <vector>

#include "base/files.h"
#include "base/json.h"

// Format: github.com/huggingface/safetensors, README "Format" and safetensors/src/tensor.rs.
namespace keelrow::nets {
namespace {

static_assert(std::endian::native == std::endian::little, "values are little-endian on disk");

constexpr size_t kLengthBytes = 8;
constexpr size_t kRankMax = 32;  // NumPy's limit; PyTorch's files have at most 5
constexpr char kMetadataKey[] = "__metadata__";

struct DTypeName {
  DType dtype;
  const char* name;
};
constexpr DTypeName kDTypes[] = {{DType::kFloat32, "F32"},
                                 {DType::kInt64, "I64"},
                                 {DType::kInt32, "I32"},
                                 {DType::kUInt8, "U8"}};

/// A tensor's place in the values, which follow the header.
struct Entry {
  std::string name;
  DType dtype;
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

/// Copies `size` bytes at `offset` of the file; false where they cannot be read.
using ReadAt = std::function<bool(uint64_t offset, char* to, size_t size)>;

struct Source {
  std::string_view name;
  uint64_t size;
  ReadAt read;
};

Error Corrupt(std::string_view source, const std::string& what) {
  return Error(Code::kCorrupt, fmt::format("{} is not a sound safetensors file: {}", source, what),
               {.hint = "it may be truncated or of another format; fetch it again"});
}

Expected<DType> ParseDType(const Json& value, std::string_view source) {
  if (!value.is_string()) return Corrupt(source, "a `dtype` is not a string");
  const auto& text = value.get_ref<const std::string&>();
  const auto row = std::ranges::find(kDTypes, text, &DTypeName::name);
  if (row != std::end(kDTypes)) return row->dtype;
  return Error(Code::kUnsupported, fmt::format("{} has values of type {}", source, text),
               {.hint = "F32, I64, I32 and U8 are read; convert the file to F32"});
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
  uint64_t bytes = SizeOf(entry.dtype);
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
  auto dtype = ParseDType(value["dtype"], source);
  if (!dtype) return dtype.error();
  auto shape = ParseSizes(value["shape"], source);
  if (!shape) return shape.error();
  auto offsets = ParseSizes(value["data_offsets"], source);
  if (!offsets) return offsets.error();
  if (offsets->size() != 2 || (*offsets)[0] > (*offsets)[1]) {
    return Corrupt(source, fmt::format("`{}` has improper data_offsets", name));
  }
  Entry entry{.name = name,
              .dtype = *dtype,
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
  std::array<char, kLengthBytes> prefix;
  if (source.size < kLengthBytes || !source.read(0, prefix.data(), prefix.size())) {
    return Corrupt(source.name, "it is shorter than 8 bytes");
  }
  const auto length = std::bit_cast<uint64_t>(prefix);
  if (length > source.size - kLengthBytes) {
    return Corrupt(source.name, fmt::format("its header claims {} bytes", length));
  }
  if (length > kSafetensorsHeaderMax) {
    return Error(Code::kLimit, fmt::format("{} has a header of {} bytes; at most {} are read",
                                           source.name, length, kSafetensorsHeaderMax));
  }
  std::string text(length, '\0');
  if (!source.read(kLengthBytes, text.data(), text.size())) {
    return Corrupt(source.name, "its header cannot be read");
  }
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
  const std::string fault = CoverFault(layout.entries, source.size - layout.values_at);
  if (!fault.empty()) return Corrupt(source.name, fault);
  return layout;
}

Expected<Safetensors> ReadFrom(const Source& source) {
  auto layout = ReadLayout(source);
  if (!layout) return layout.error();
  Safetensors result{.metadata = std::move(layout->metadata)};
  for (Entry& entry : layout->entries) {
    Tensor tensor{.dtype = entry.dtype, .shape = std::move(entry.shape), .bytes = {}};
    tensor.bytes.resize(entry.end - entry.begin);
    if (!source.read(layout->values_at + entry.begin, reinterpret_cast<char*>(tensor.bytes.data()),
                     tensor.bytes.size())) {
      return Corrupt(source.name, fmt::format("`{}` cannot be read", entry.name));
    }
    result.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return result;
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
  return ReadFrom(
      {.name = name, .size = bytes.size(), .read = [bytes](uint64_t offset, char* to, size_t size) {
         if (size > 0) std::memcpy(to, bytes.data() + offset, size);
         return true;
       }});
}

Expected<Safetensors> ReadSafetensors(const fs::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::error_code failure;
  const uint64_t size = fs::file_size(path, failure);
  if (!file) throw ErrnoError("read", path.string());
  if (failure) {
    throw Error(Code::kIo, fmt::format("{} has no size: {}", path.string(), failure.message()));
  }
  const std::string name = path.string();
  return ReadFrom(
      {.name = name, .size = size, .read = [&file](uint64_t offset, char* to, size_t count) {
         file.seekg(static_cast<std::streamoff>(offset));
         return file.read(to, static_cast<std::streamsize>(count)).good();
       }});
}

void WriteSafetensors(const fs::path& path, const WeightMap& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const auto order = InFileOrder(tensors);
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  uint64_t at = 0;
  for (const auto* entry : order) {
    const Tensor& tensor = entry->second;
    const auto dtype = std::ranges::find(kDTypes, tensor.dtype, &DTypeName::dtype);
    const uint64_t end = at + tensor.bytes.size();
    header[entry->first] = {
        {"dtype", dtype->name}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
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
