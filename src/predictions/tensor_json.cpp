#include "predictions/tensor_json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/error.h"

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

/// Appends every number of nested lists; gives what is none, or an empty text.
template <class T>
std::string Gather(const Json& json, std::vector<std::byte>& bytes) {
  if (json.is_array()) {
    for (const Json& item : json) {
      if (std::string fault = Gather<T>(item, bytes); !fault.empty()) return fault;
    }
    return {};
  }
  T value{};
  if (!ReadNumber(json, value)) {
    constexpr size_t kShown = 40;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kShown);
  }
  const size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
  return {};
}

Expected<Tensor> Gathered(const Json& data, DType dtype) {
  Tensor tensor{.dtype = dtype, .shape = {}, .bytes = {}};
  std::string fault;
  const bool known = WithType(dtype, [&]<class T>(T) { fault = Gather<T>(data, tensor.bytes); });
  if (!known) {
    return Error(Code::kUnsupported,
                 fmt::format("{} cannot be sent as JSON: send it in binary", Name(dtype)));
  }
  if (fault.empty()) return tensor;
  return Error(Code::kBadExample, fmt::format("{} is no {}", fault, Name(dtype)));
}

/// The lengths of the first list of each depth.
std::vector<int64_t> ShapeOf(const Json& data) {
  std::vector<int64_t> shape;
  for (const Json* level = &data; level->is_array(); level = &level->front()) {
    shape.push_back(static_cast<int64_t>(level->size()));
    if (level->empty()) break;
  }
  return shape;
}

bool IsRegular(const Json& data, std::span<const int64_t> shape) {
  if (shape.empty()) return !data.is_array();
  if (!data.is_array() || data.size() != static_cast<size_t>(shape[0])) return false;
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

}  // namespace keelrow::predictions
