#include "nets/torch_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "nets/element_type.h"
#include "nets/pickle.h"
#include "nets/zip_archive.h"

// Formats: torch/serialization.py (_save, _legacy_save) and torch/_utils.py (_rebuild_tensor_v2).
namespace keelrow::nets {
namespace {

using Ref = Pickle::Ref;

/// The first pickle of the old format: its magic number, 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacyMagic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.";
constexpr std::string_view kZipMagic = "PK\x03\x04";

constexpr char kRebuildTensor[] = "torch._utils._rebuild_tensor_v2";
constexpr char kRebuildParameter[] = "torch._utils._rebuild_parameter";

struct StorageType {
  std::string_view global;
  ElementType type;
};
constexpr StorageType kStorageTypes[] = {
    {"torch.FloatStorage", ElementType::kFloat32},
    {"torch.DoubleStorage", ElementType::kFloat64},
    {"torch.HalfStorage", ElementType::kFloat16},
    {"torch.BFloat16Storage", ElementType::kBFloat16},
    {"torch.LongStorage", ElementType::kInt64},
    {"torch.IntStorage", ElementType::kInt32},
    {"torch.ByteStorage", ElementType::kUInt8},
    {"torch.BoolStorage", ElementType::kUInt8},
};

constexpr auto kGlobals = [] {
  std::array<std::string_view, std::size(kStorageTypes) + 3> names{
      "collections.OrderedDict", kRebuildTensor, kRebuildParameter};
  for (size_t i = 0; i < std::size(kStorageTypes); ++i) names[3 + i] = kStorageTypes[i].global;
  return names;
}();

/// Under which a training's checkpoint keeps the weights.
constexpr std::string_view kWrappers[] = {"state_dict", "model_state_dict", "model"};

/// How much memory a file may ask for: half floats double, and tensors may share values.
uint64_t MemoryMax(std::string_view file) {
  return 8 * uint64_t{file.size()} + 4096;
}

Error Corrupt(std::string_view source, const std::string& what) {
  return Error(Code::kCorrupt, fmt::format("{} is not a sound PyTorch file: {}", source, what),
               {.hint = "it may be truncated; fetch it again"});
}

Error NotAStateDict(std::string_view source, const std::string& what) {
  return Error(Code::kUnsupported, fmt::format("{} holds no state_dict: {}", source, what),
               {.hint = "save the weights alone: torch.save(model.state_dict(), …)"});
}

/// A run of values that tensors are windows of.
struct Storage {
  std::string key;
  ElementType type;
  int64_t count;
};

/// The bytes of a storage, wherever the format keeps them; none where they are absent.
using FindBytes = std::function<std::string_view(const Storage& storage)>;

/// ('storage', torch.FloatStorage, key, location, count[, view]).
std::optional<Storage> ReadStorage(const Pickle& pickle, Ref ref) {
  const auto* persistent = pickle.As<Pickle::Persistent>(ref);
  const auto* id = persistent ? pickle.As<Pickle::Tuple>(persistent->id) : nullptr;
  if (id == nullptr || id->items.size() < 5) return std::nullopt;
  const auto* type = pickle.As<Pickle::Global>(id->items[1]);
  const auto* key = pickle.As<std::string>(id->items[2]);
  const auto* count = pickle.As<int64_t>(id->items[4]);
  if (type == nullptr || key == nullptr || count == nullptr || *count < 0) return std::nullopt;
  const auto* row = std::ranges::find(kStorageTypes, type->name, &StorageType::global);
  if (row == std::end(kStorageTypes)) return std::nullopt;
  return Storage{.key = *key, .type = row->type, .count = *count};
}

std::optional<std::vector<int64_t>> ReadSizes(const Pickle& pickle, Ref ref) {
  const auto* tuple = pickle.As<Pickle::Tuple>(ref);
  if (tuple == nullptr || tuple->items.size() > 16) return std::nullopt;
  std::vector<int64_t> sizes;
  for (const Ref item : tuple->items) {
    const auto* size = pickle.As<int64_t>(item);
    if (size == nullptr || *size < 0) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

/// A window into a storage: _rebuild_tensor_v2's arguments.
struct View {
  Storage storage;
  int64_t offset = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
};

std::optional<View> ReadView(const Pickle& pickle, Ref ref) {
  const auto* call = pickle.As<Pickle::Call>(ref);
  if (call == nullptr) return std::nullopt;
  const auto& function = pickle.As<Pickle::Global>(call->callee)->name;
  const auto& arguments = pickle.As<Pickle::Tuple>(call->arguments)->items;
  if (function == kRebuildParameter && !arguments.empty()) {
    // One level only: a parameter's data is a tensor.
    const auto* data = pickle.As<Pickle::Call>(arguments[0]);
    const bool tensor = data && pickle.As<Pickle::Global>(data->callee)->name == kRebuildTensor;
    return tensor ? ReadView(pickle, arguments[0]) : std::nullopt;
  }
  if (function != kRebuildTensor || arguments.size() < 4) return std::nullopt;
  auto storage = ReadStorage(pickle, arguments[0]);
  const auto* offset = pickle.As<int64_t>(arguments[1]);
  auto shape = ReadSizes(pickle, arguments[2]);
  auto strides = ReadSizes(pickle, arguments[3]);
  if (!storage || offset == nullptr || *offset < 0 || !shape || !strides) return std::nullopt;
  if (shape->size() != strides->size()) return std::nullopt;
  return View{.storage = std::move(*storage),
              .offset = *offset,
              .shape = std::move(*shape),
              .strides = std::move(*strides)};
}

/// Whether every element lies in the storage, and no more are asked for than it has.
bool Fits(const View& view) {
  if (std::ranges::find(view.shape, 0) != view.shape.end()) return true;
  int64_t count = 1;
  int64_t last = view.offset;
  for (size_t axis = 0; axis < view.shape.size(); ++axis) {
    int64_t reach = 0;
    if (__builtin_mul_overflow(count, view.shape[axis], &count) || count > view.storage.count) {
      return false;
    }
    if (__builtin_mul_overflow(view.shape[axis] - 1, view.strides[axis], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return false;
    }
  }
  return last < view.storage.count;
}

/// The view's elements from a storage's values, row by row.
std::string Gather(const View& view, int64_t count, std::string_view values) {
  const size_t width = SizeOf(view.storage.type);
  std::string gathered;
  gathered.reserve(static_cast<size_t>(count) * width);
  std::vector<int64_t> index(view.shape.size(), 0);
  int64_t place = view.offset;
  for (int64_t i = 0; i < count; ++i) {
    gathered += values.substr(static_cast<size_t>(place) * width, width);
    for (size_t axis = view.shape.size(); axis-- > 0;) {
      place += view.strides[axis];
      if (++index[axis] < view.shape[axis]) break;
      place -= view.strides[axis] * view.shape[axis];
      index[axis] = 0;
    }
  }
  return gathered;
}

bool IsDense(const View& view) {
  int64_t expected = 1;
  for (size_t axis = view.shape.size(); axis-- > 0;) {
    if (view.shape[axis] != 1 && view.strides[axis] != expected) return false;
    expected *= view.shape[axis];
  }
  return true;
}

Tensor Materialize(const View& view, std::string_view values) {
  const int64_t count = Tensor{.shape = view.shape}.Count();
  const size_t width = SizeOf(view.storage.type);
  if (count == 0) return Decode(view.storage.type, view.shape, {});
  if (!IsDense(view)) {
    return Decode(view.storage.type, view.shape, Gather(view, count, values));
  }
  return Decode(
      view.storage.type, view.shape,
      values.substr(static_cast<size_t>(view.offset) * width, static_cast<size_t>(count) * width));
}

/// The dictionary that holds the tensors: the root, or one under a checkpoint's usual names.
const Pickle::Dict* FindStateDict(const Pickle& pickle) {
  const auto* root = pickle.As<Pickle::Dict>(pickle.root());
  if (root == nullptr) return nullptr;
  for (const auto& [key, value] : root->items) {
    const auto* name = pickle.As<std::string>(key);
    const auto* inner = pickle.As<Pickle::Dict>(value);
    if (name && inner && std::ranges::find(kWrappers, *name) != std::end(kWrappers)) return inner;
  }
  return root;
}

Expected<WeightMap> ReadTensors(const Pickle& pickle, const FindBytes& find, uint64_t memory_max,
                                std::string_view source) {
  const Pickle::Dict* dict = FindStateDict(pickle);
  if (dict == nullptr) return NotAStateDict(source, "its content is no dictionary");
  WeightMap weights;
  uint64_t memory = 0;
  for (const auto& [key, value] : dict->items) {
    const auto* name = pickle.As<std::string>(key);
    if (name == nullptr || pickle.As<Pickle::Call>(value) == nullptr) continue;
    const std::optional<View> view = ReadView(pickle, value);
    if (!view) return Corrupt(source, fmt::format("`{}` is no proper tensor", *name));
    if (!Fits(*view)) return Corrupt(source, fmt::format("`{}` reaches beyond its values", *name));
    const std::string_view bytes = find(view->storage);
    if (bytes.size() / SizeOf(view->storage.type) < static_cast<uint64_t>(view->storage.count)) {
      return Corrupt(source, fmt::format("the values of `{}` are missing", *name));
    }
    Tensor tensor = Materialize(*view, bytes);
    memory += tensor.bytes.size();
    if (memory > memory_max) {
      return Error(Code::kLimit,
                   fmt::format("the tensors of {} ask for more than {} bytes", source, memory_max));
    }
    weights.insert_or_assign(*name, std::move(tensor));
  }
  if (weights.empty()) return NotAStateDict(source, "there is no tensor in it");
  return weights;
}

Expected<WeightMap> ParseZip(std::string_view bytes, std::string_view source) {
  auto archive = ZipArchive::Open(bytes, source);
  if (!archive) return archive.error();
  const std::string pickle_name = archive->FindSuffix("/data.pkl");
  if (pickle_name.empty()) return NotAStateDict(source, "the archive has no data.pkl");
  const std::string folder = pickle_name.substr(0, pickle_name.size() - 8);
  const auto order = archive->Read(folder + "byteorder");
  if (order && *order != "little") {
    return Error(Code::kUnsupported, fmt::format("{} has big-endian values", source));
  }
  auto program = archive->Read(pickle_name);
  if (!program) return Corrupt(source, "its data.pkl cannot be read");
  auto pickle = ParsePickle(*program, kGlobals, source);
  if (!pickle) return pickle.error();

  std::map<std::string, std::string> loaded;
  const FindBytes find = [&](const Storage& storage) -> std::string_view {
    auto [place, fresh] = loaded.try_emplace(storage.key);
    if (fresh) place->second = archive->Read(folder + "data/" + storage.key).value_or("");
    return place->second;
  };
  return ReadTensors(*pickle, find, MemoryMax(bytes), source);
}

/// What follows the pickles of the old format: for each key, in this order, a count and the values.
Expected<std::map<std::string, std::string_view>> ReadLegacyValues(
    std::string_view rest, const std::vector<Storage>& storages, std::string_view source) {
  std::map<std::string, std::string_view> values;
  for (const Storage& storage : storages) {
    const uint64_t size = static_cast<uint64_t>(storage.count) * SizeOf(storage.type);
    int64_t count = 0;
    if (rest.size() < sizeof(count)) return Corrupt(source, "values are missing at its end");
    std::memcpy(&count, rest.data(), sizeof(count));
    rest.remove_prefix(sizeof(count));
    if (count != storage.count || size > rest.size()) {
      return Corrupt(source, fmt::format("the values `{}` are incomplete", storage.key));
    }
    values[storage.key] = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return values;
}

/// Every storage that the pickle mentions, by key; nullopt where one is improper.
std::optional<std::map<std::string, Storage>> AllStorages(const Pickle& pickle) {
  std::map<std::string, Storage> storages;
  for (Ref ref = 0; ref < pickle.count(); ++ref) {
    if (pickle.As<Pickle::Persistent>(ref) == nullptr) continue;
    auto storage = ReadStorage(pickle, ref);
    // A product that overflows is improper too.
    if (!storage || storage->count > INT64_MAX / 8) return std::nullopt;
    storages.insert_or_assign(storage->key, std::move(*storage));
  }
  return storages;
}

Expected<WeightMap> ParseLegacy(std::string_view bytes, std::string_view source) {
  std::string_view rest = bytes.substr(kLegacyMagic.size());
  std::vector<Pickle> pickles;  // protocol version, system, the object, the order of its storages
  for (int i = 0; i < 4; ++i) {
    auto pickle = ParsePickle(rest, kGlobals, source);
    if (!pickle) return pickle.error();
    rest.remove_prefix(pickle->size());
    pickles.push_back(std::move(*pickle));
  }
  const auto storages = AllStorages(pickles[2]);
  const auto* keys = pickles[3].As<Pickle::List>(pickles[3].root());
  if (!storages || keys == nullptr) return Corrupt(source, "its storages are improper");
  std::vector<Storage> order;
  for (const Ref item : keys->items) {
    const auto* key = pickles[3].As<std::string>(item);
    const auto found = key ? storages->find(*key) : storages->end();
    if (found == storages->end()) return Corrupt(source, "it has values that nothing refers to");
    order.push_back(found->second);
  }
  auto values = ReadLegacyValues(rest, order, source);
  if (!values) return values.error();
  const FindBytes find = [&](const Storage& storage) -> std::string_view {
    const auto found = values->find(storage.key);
    return found == values->end() ? std::string_view() : found->second;
  };
  return ReadTensors(pickles[2], find, MemoryMax(bytes), source);
}

}  // namespace

bool LooksLikeTorchFile(std::string_view bytes) {
  return bytes.starts_with(kZipMagic) || bytes.starts_with(kLegacyMagic);
}

Expected<WeightMap> ParseTorchFile(std::string_view bytes, std::string_view name) {
  if (bytes.starts_with(kZipMagic)) return ParseZip(bytes, name);
  if (bytes.starts_with(kLegacyMagic)) return ParseLegacy(bytes, name);
  return Error(Code::kUnsupported, fmt::format("{} was not written by torch.save", name));
}

}  // namespace keelrow::nets
