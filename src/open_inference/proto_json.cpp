#include "open_inference/proto_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/text.h"

namespace keelrow::open_inference {
namespace {

using protozero::pbf_wire_type;
using protozero::pbf_writer;

/// inference.DataType of Triton's model_config.proto, by number.
constexpr auto kDataTypes = std::to_array<std::string_view>(
    {"INVALID", "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64",
     "FP16", "FP32", "FP64", "BYTES", "BF16"});

int32_t DataTypeOf(const std::string& name) {
  const auto* found = std::ranges::find(kDataTypes, name);
  return found == kDataTypes.end() ? 0 : static_cast<int32_t>(found - kDataTypes.begin());
}

void WriteMessage(pbf_writer& writer, const Json& object, std::span<const ProtoField> fields);

void WriteOne(pbf_writer& writer, const Json& value, const ProtoField& field) {
  switch (field.kind) {
    case ProtoKind::kText:
      if (value.is_string()) writer.add_string(field.number, value.get_ref<const std::string&>());
      return;
    case ProtoKind::kInteger:
      if (value.is_number_integer()) writer.add_int64(field.number, value.get<int64_t>());
      return;
    case ProtoKind::kBool:
      if (value.is_boolean()) writer.add_bool(field.number, value.get<bool>());
      return;
    case ProtoKind::kDatatype:
      if (value.is_string()) writer.add_int32(field.number, DataTypeOf(value.get<std::string>()));
      return;
    case ProtoKind::kMapKeys:
      return;
    case ProtoKind::kMessage: {
      pbf_writer message(writer, field.number);
      return WriteMessage(message, value, field.fields);
    }
  }
}

void WriteField(pbf_writer& writer, const Json& value, const ProtoField& field) {
  if (!value.is_array()) return WriteOne(writer, value, field);
  if (field.kind == ProtoKind::kInteger) {
    const auto numbers = value.get<std::vector<int64_t>>();
    return writer.add_packed_int64(field.number, numbers.begin(), numbers.end());
  }
  for (const Json& item : value) WriteOne(writer, item, field);
}

void WriteMessage(pbf_writer& writer, const Json& object, std::span<const ProtoField> fields) {
  for (const ProtoField& field : fields) {
    if (field.member.empty()) {
      WriteField(writer, object, field);
    } else if (const auto found = object.find(field.member); found != object.end()) {
      WriteField(writer, *found, field);
    }
  }
}

std::string ReadText(protozero::pbf_reader& reader) {
  std::string text = reader.get_string();
  if (!IsUtf8(text)) throw Error(Code::kBadRequest, "a text of the message is not UTF-8");
  return text;
}

void ReadOne(protozero::pbf_reader& reader, ProtoKind kind, Json& into) {
  if (kind == ProtoKind::kText) {
    into = ReadText(reader);
  } else if (kind == ProtoKind::kBool) {
    into = reader.get_uint64() != 0;  // get_bool reads behind a message that is cut off
  } else if (kind == ProtoKind::kMapKeys) {
    constexpr protozero::pbf_tag_type kKey = 1;
    protozero::pbf_reader entry = reader.get_message();
    while (entry.next(kKey, pbf_wire_type::length_delimited)) into[ReadText(entry)] = nullptr;
  } else {
    into = reader.get_int64();
  }
}

bool IsLengthDelimited(ProtoKind kind) {
  return kind == ProtoKind::kText || kind == ProtoKind::kMapKeys;
}

}  // namespace

std::string ProtoFromJson(const Json& object, std::span<const ProtoField> fields) {
  std::string message;
  pbf_writer writer(message);
  WriteMessage(writer, object, fields);
  return message;
}

Json JsonFromProto(std::string_view message, std::span<const ProtoField> fields) {
  Json object = Json::object();
  try {
    protozero::pbf_reader reader(message.data(), message.size());
    while (reader.next()) {
      const auto field = std::ranges::find(fields, reader.tag(), &ProtoField::number);
      const auto wire = field != fields.end() && IsLengthDelimited(field->kind)
                            ? pbf_wire_type::length_delimited
                            : pbf_wire_type::varint;
      if (field == fields.end() || reader.wire_type() != wire) {
        reader.skip();
      } else {
        ReadOne(reader, field->kind, object[std::string(field->member)]);
      }
    }
  } catch (const protozero::exception& failure) {
    throw Error(Code::kBadRequest, fmt::format("the body is no message: {}", failure.what()));
  }
  return object;
}

}  // namespace keelrow::open_inference
