#include "predictions/tensor_json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "base/error.h"
#include "base/packed_numbers.h"

namespace keelrow::predictions {
namespace {

/// Calls `work` with a value of the type that holds one element; false for those without one.
template <class F>
bool WithType(DType dtype, const F& work) {
  switch (dtype) {
    case DType::kBool:
      work(bool{});
      return true;
    case DType::kUInt8:
      work(uint8_t{});
      return true;
    case DType::kUInt16:
      work(uint16_t{});
      return true;
    case DType::kUInt32:
      work(uint32_t{});
      return true;
    case DType::kUInt64:
      work(uint64_t{});
      return true;
    case DType::kInt8:
      work(int8_t{});
      return true;
    case DType::kInt16:
      work(int16_t{});
      return true;
    case DType::kInt32:
      work(int32_t{});
      return true;
    case DType::kInt64:
      work(int64_t{});
      return true;
    case DType::kFloat32:
      work(float{});
      return true;
    case DType::kFloat64:
      work(double{});
      return true;
    case DType::kFloat16:
    case DType::kBFloat16:
      return false;
  }
  return false;
}

template <class T>
bool FromUnsigned(uint64_t number, T& value) {
  value = static_cast<T>(number);
  return number <= static_cast<uint64_t>(std::numeric_limits<T>::max());
}

template <class T>
bool FromSigned(int64_t number, T& value) {
  if (number >= 0) return FromUnsigned(static_cast<uint64_t>(number), value);
  value = static_cast<T>(number);
  return std::is_signed_v<T> && number >= static_cast<int64_t>(std::numeric_limits<T>::min());
}

/// False for what is no such number.
template <class T>
bool ReadNumber(const Json& json, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = json == true || json == 1;
    return json.is_boolean() || json == 1 || json == 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!json.is_number()) return false;
    value = json.get<T>();
    return std::isfinite(value);
  } else {
    if (json.is_number_unsigned()) return FromUnsigned(json.get<uint64_t>(), value);
    if (json.is_number_integer()) return FromSigned(json.get<int64_t>(), value);
    if (!json.is_number_float()) return false;
    const auto number = json.get<double>();
    constexpr double kExact = 9007199254740992.0;  // 2^53
    return number == std::trunc(number) && std::abs(number) < kExact &&
           FromSigned(static_cast<int64_t>(number), value);
  }
}

/// What is wrong with a number, as it is shown.
std::string Shown(const Json& json) {
  constexpr size_t kShown = 40;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kShown);
}

/// Numbers in nested lists, if all are numbers.
size_t LeavesOf(const Json& json) {
  if (const auto packed = PackedNumbers::Of(json)) return packed->size();
  if (!json.is_array()) return 1;
  size_t leaves = 0;
  for (const Json& item : json) leaves += LeavesOf(item);
  return leaves;
}

template <class T>
std::string GatherPacked(const PackedNumbers& numbers, std::byte*& to) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    T value{};
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(numbers[i]);
      if (!std::isfinite(value)) return Shown(numbers[i]);
    } else if (!ReadNumber(Json(numbers[i]), value)) {
      return Shown(numbers[i]);
    }
    std::memcpy(to, &value, sizeof(T));
    to += sizeof(T);
  }
  return {};
}

/// Writes every number of nested lists, and moves on; gives what is none, or an empty text.
template <class T>
std::string Gather(const Json& json, std::byte*& to) {
  if (const auto packed = PackedNumbers::Of(json)) return GatherPacked<T>(*packed, to);
  if (json.is_array()) {
    for (const Json& item : json) {
      if (std::string fault = Gather<T>(item, to); !fault.empty()) return fault;
    }
    return {};
  }
  T value{};
  if (!ReadNumber(json, value)) return Shown(json);
  std::memcpy(to, &value, sizeof(T));
  to += sizeof(T);
  return {};
}

Expected<Tensor> Gathered(const Json& data, DType dtype) {
  Tensor tensor{.dtype = dtype, .shape = {}, .bytes = {}};
  std::string fault;
  const bool known = WithType(dtype, [&]<class T>(T) {
    tensor.bytes.resize(LeavesOf(data) * sizeof(T));
    std::byte* to = tensor.bytes.data();
    fault = Gather<T>(data, to);
  });
  if (!known) {
    return Error(Code::kUnsupported,
                 fmt::format("{} cannot be sent as JSON: send it in binary", Name(dtype)));
  }
  if (fault.empty()) return tensor;
  return Error(Code::kBadExample, fmt::format("{} is no {}", fault, Name(dtype)));
}

/// How long a list is, packed or not; nothing for a value that is none.
std::optional<size_t> LengthOf(const Json& json) {
  if (json.is_array()) return json.size();
  if (const auto packed = PackedNumbers::Of(json)) return packed->size();
  return std::nullopt;
}

/// The lengths of the first list of each depth.
std::vector<int64_t> ShapeOf(const Json& data) {
  std::vector<int64_t> shape;
  const Json* level = &data;
  while (const std::optional<size_t> length = LengthOf(*level)) {
    shape.push_back(static_cast<int64_t>(*length));
    if (!level->is_array() || level->empty()) break;
    level = &level->front();
  }
  return shape;
}

bool IsRegular(const Json& data, std::span<const int64_t> shape) {
  const std::optional<size_t> length = LengthOf(data);
  if (shape.empty()) return !length;
  if (length != static_cast<size_t>(shape[0])) return false;
  if (!data.is_array()) return shape.size() == 1;
  for (const Json& item : data) {
    if (!IsRegular(item, shape.subspan(1))) return false;
  }
  return true;
}

template <class T>
Json ToJson(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return nullptr;
  }
  return value;
}

Json Nest(std::span<const Json> numbers, std::span<const int64_t> shape) {
  if (shape.empty()) return numbers.empty() ? Json() : numbers[0];
  Json list = Json::array();
  const size_t each = shape[0] == 0 ? 0 : numbers.size() / static_cast<size_t>(shape[0]);
  for (int64_t i = 0; i < shape[0]; ++i) {
    list.push_back(Nest(numbers.subspan(static_cast<size_t>(i) * each, each), shape.subspan(1)));
  }
  return list;
}

template <class T>
void AppendNumber(std::string& out, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) {
        out += "null";
        return;
      }
    }
    std::array<char, 32> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), static_cast<size_t>(end - digits.data()));
    out += text;
    // A whole float stays a float to readers that tell the two apart.
    if (std::is_floating_point_v<T> && text.find_first_of(".e") == std::string_view::npos) {
      out += ".0";
    }
  }
}

template <class T>
void AppendList(std::string& out, std::span<const T> numbers) {
  out += '[';
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) out += ',';
    AppendNumber(out, numbers[i]);
  }
  out += ']';
}

template <class T>
void AppendAxes(std::string& out, std::span<const T> numbers, std::span<const int64_t> shape) {
  if (shape.empty()) return numbers.empty() ? void(out += "null") : AppendNumber(out, numbers[0]);
  if (shape.size() == 1) return AppendList(out, numbers);
  const size_t each = shape[0] == 0 ? 0 : numbers.size() / static_cast<size_t>(shape[0]);
  out += '[';
  for (int64_t i = 0; i < shape[0]; ++i) {
    if (i > 0) out += ',';
    AppendAxes(out, numbers.subspan(static_cast<size_t>(i) * each, each), shape.subspan(1));
  }
  out += ']';
}

}  // namespace

Expected<Tensor> TensorFromJson(const Json& data, DType dtype, std::vector<int64_t> shape) {
  const std::optional<size_t> count = CountOf(shape);
  if (!count) {
    return Error(Code::kBadExample,
                 fmt::format("the shape [{}] is no shape", fmt::join(shape, ", ")));
  }
  Expected<Tensor> tensor = Gathered(data, dtype);
  if (!tensor) return tensor;
  const size_t given = tensor->bytes.size() / SizeOf(dtype);
  if (given != *count) {
    return Error(Code::kBadExample, fmt::format("the shape [{}] has {} numbers, but {} were sent",
                                                fmt::join(shape, ", "), *count, given));
  }
  tensor->shape = std::move(shape);
  return tensor;
}

Expected<Tensor> TensorFromNested(const Json& data, DType dtype) {
  std::vector<int64_t> shape = ShapeOf(data);
  if (!IsRegular(data, shape)) {
    return Error(Code::kBadExample, "lists of one depth differ in their length");
  }
  Expected<Tensor> tensor = Gathered(data, dtype);
  if (tensor) tensor->shape = std::move(shape);
  return tensor;
}

Json FlatJson(const Tensor& tensor) {
  Json list = Json::array();
  WithType(tensor.dtype, [&]<class T>(T) {
    for (const T value : tensor.As<T>()) list.push_back(ToJson(value));
  });
  return list;
}

Json NestedJson(const Tensor& tensor) {
  const Json flat = FlatJson(tensor);
  return Nest(flat.get_ref<const Json::array_t&>(), tensor.shape);
}

void AppendFlat(std::string& out, const Tensor& tensor) {
  const bool known = WithType(
      tensor.dtype, [&]<class T>(T) { AppendList(out, std::span<const T>(tensor.As<T>())); });
  if (!known) out += "[]";
}

void AppendNested(std::string& out, const Tensor& tensor) {
  const bool known = WithType(tensor.dtype, [&]<class T>(T) {
    AppendAxes(out, std::span<const T>(tensor.As<T>()), std::span<const int64_t>(tensor.shape));
  });
  if (!known) out += NestedJson(tensor).dump();
}

}  // namespace keelrow::predictions
