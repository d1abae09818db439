#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace keelrow::open_inference {

/// What the REST side says in JSON, as a protobuf message: by a table of which member becomes which
/// field. So the small methods of gRPC are answered by the handlers of REST.

enum class ProtoKind {
  kText,
  kInteger,   // int64, uint64, int32, uint32; a list of them is packed
  kBool,      //
  kDatatype,  // "FP32" as the number that Triton's ModelConfig has for it
  kMessage,   // of `fields`
  kMapKeys,   // of requests: a map of which the keys alone are looked at
};

struct ProtoField {
  std::string_view member;  // empty: the object itself
  uint32_t number = 0;
  ProtoKind kind = ProtoKind::kText;
  std::span<const ProtoField> fields = {};
};

/// A member that is absent or of another type is left out; a list is a repeated field.
std::string ProtoFromJson(const Json& object, std::span<const ProtoField> fields);

/// The other way, for requests: no lists, no messages but maps. Throws kBadRequest for what is no
/// message. Text that is not UTF-8 is refused as well.
Json JsonFromProto(std::string_view message, std::span<const ProtoField> fields);

}  // namespace keelrow::open_inference
