#include "open_inference/open_inference_proto.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "open_inference/tensor_bytes.h"

namespace keelrow::open_inference {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;
using protozero::tag_and_type;
using Tag = protozero::pbf_tag_type;

// Field numbers of proto/grpc_service.proto. A field of another wire type than it should have is
// one that is not known: it is skipped, as protobuf's own readers do.
namespace infer_request {
constexpr Tag kId = 3, kParameters = 4, kInputs = 5, kOutputs = 6, kRaw = 7;
}
namespace infer_tensor {  // of inputs and outputs alike
constexpr Tag kName = 1, kDatatype = 2, kShape = 3, kContents = 5;
}
namespace wanted_output {
constexpr Tag kName = 1, kParameters = 2;
}
namespace tensor_contents {
constexpr Tag kBool = 1, kInt = 2, kInt64 = 3, kUint = 4, kUint64 = 5, kFp32 = 6, kFp64 = 7,
              kBytes = 8;
}
namespace map_entry {
constexpr Tag kKey = 1, kValue = 2;
}
namespace infer_parameter {
constexpr Tag kBool = 1, kInt64 = 2, kUint64 = 5;
}
namespace infer_response {
constexpr Tag kModelName = 1, kModelVersion = 2, kId = 3, kParameters = 4, kOutputs = 5, kRaw = 6;
}

namespace stream_response {
constexpr Tag kErrorMessage = 1, kInferResponse = 2;
}

constexpr auto kText = pbf_wire_type::length_delimited;
constexpr auto kVarint = pbf_wire_type::varint;

[[noreturn]] void Refuse(std::string message) {
  throw Error(Code::kBadExample, std::move(message));
}

std::string_view View(pbf_reader& reader) {
  const protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

struct Parameter {
  std::string_view name;
  uint64_t number = 0;  // 0 for what is none, or below 0
};

Parameter ReadParameter(pbf_reader entry) {
  Parameter read;
  while (entry.next()) {
    if (entry.tag_and_type() == tag_and_type(map_entry::kKey, kText)) {
      read.name = View(entry);
    } else if (entry.tag_and_type() == tag_and_type(map_entry::kValue, kText)) {
      pbf_reader value = entry.get_message();
      while (value.next()) {
        const bool number =
            value.tag() == infer_parameter::kInt64 || value.tag() == infer_parameter::kUint64;
        if (number && value.wire_type() == kVarint) {
          const int64_t given = value.get_int64();
          const bool negative = value.tag() == infer_parameter::kInt64 && given < 0;
          read.number = negative ? 0 : static_cast<uint64_t>(given);
        } else {
          value.skip();
        }
      }
    } else {
      entry.skip();
    }
  }
  return read;
}

/// A repeated number as protobuf allows it: packed, or one by one.
template <class Element, auto kOne, auto kPacked>
void ReadAs(pbf_reader& reader, Tensor& tensor) {
  const auto add = [&](auto number) {
    if constexpr (std::is_integral_v<Element> && !std::is_same_v<Element, bool>) {
      if (!std::in_range<Element>(+number)) Refuse("a number does not fit its datatype");
    }
    const auto element = static_cast<Element>(number);  // of bool: whether it is not 0
    const auto* bytes = reinterpret_cast<const std::byte*>(&element);
    tensor.bytes.insert(tensor.bytes.end(), bytes, bytes + sizeof element);
  };
  if (reader.wire_type() != kText) return add((reader.*kOne)());
  for (const auto number : (reader.*kPacked)()) add(number);
}

/// In which field of InferTensorContents the elements of a type lie, and how.
struct ContentsRow {
  DType dtype;
  Tag field;
  pbf_wire_type single;
  void (*read)(pbf_reader& reader, Tensor& tensor);
};

template <class Element>
constexpr auto kReadInt = ReadAs<Element, &pbf_reader::get_int32, &pbf_reader::get_packed_int32>;
template <class Element>
constexpr auto kReadUint = ReadAs<Element, &pbf_reader::get_uint32, &pbf_reader::get_packed_uint32>;

constexpr auto kContentsRows = std::to_array<ContentsRow>({
    // Not get_bool, which reads the byte behind a message that ends before its value.
    {DType::kBool, tensor_contents::kBool, kVarint,
     ReadAs<bool, &pbf_reader::get_uint64, &pbf_reader::get_packed_uint64>},
    {DType::kInt8, tensor_contents::kInt, kVarint, kReadInt<int8_t>},
    {DType::kInt16, tensor_contents::kInt, kVarint, kReadInt<int16_t>},
    {DType::kInt32, tensor_contents::kInt, kVarint, kReadInt<int32_t>},
    {DType::kInt64, tensor_contents::kInt64, kVarint,
     ReadAs<int64_t, &pbf_reader::get_int64, &pbf_reader::get_packed_int64>},
    {DType::kUInt8, tensor_contents::kUint, kVarint, kReadUint<uint8_t>},
    {DType::kUInt16, tensor_contents::kUint, kVarint, kReadUint<uint16_t>},
    {DType::kUInt32, tensor_contents::kUint, kVarint, kReadUint<uint32_t>},
    {DType::kUInt64, tensor_contents::kUint64, kVarint,
     ReadAs<uint64_t, &pbf_reader::get_uint64, &pbf_reader::get_packed_uint64>},
    {DType::kFloat32, tensor_contents::kFp32, pbf_wire_type::fixed32,
     ReadAs<float, &pbf_reader::get_float, &pbf_reader::get_packed_float>},
    {DType::kFloat64, tensor_contents::kFp64, pbf_wire_type::fixed64,
     ReadAs<double, &pbf_reader::get_double, &pbf_reader::get_packed_double>},
});

void ReadNumbers(pbf_reader& reader, NamedTensor& tensor) {
  const auto* row = std::ranges::find(kContentsRows, tensor.tensor.dtype, &ContentsRow::dtype);
  if (row == kContentsRows.end()) {
    Refuse(fmt::format("`{}`: FP16 and BF16 come in raw_input_contents only", tensor.name));
  }
  const bool fits = reader.wire_type() == kText || reader.wire_type() == row->single;
  if (reader.tag() != row->field || !fits) {
    Refuse(fmt::format("the contents of `{}` are of another datatype", tensor.name));
  }
  row->read(reader, tensor.tensor);
}

/// True when there was anything in them.
bool ReadContents(pbf_reader contents, NamedTensor& tensor) {
  bool any = false;
  while (contents.next()) {
    if (contents.tag() > tensor_contents::kBytes) {
      contents.skip();
      continue;
    }
    any = true;
    if (!tensor.bytes) {
      ReadNumbers(contents, tensor);
    } else if (contents.tag_and_type() == tag_and_type(tensor_contents::kBytes, kText)) {
      tensor.texts.emplace_back(View(contents));
    } else {
      Refuse(fmt::format("the contents of `{}` are of another datatype", tensor.name));
    }
  }
  const size_t given =
      tensor.bytes ? tensor.texts.size() : tensor.tensor.bytes.size() / SizeOf(tensor.tensor.dtype);
  if (any && given != ElementsOf(tensor.tensor.shape)) {
    Refuse(
        fmt::format("the shape of `{}` has another number of elements than the {} that were sent",
                    tensor.name, given));
  }
  return any;
}

std::vector<int64_t> ReadShape(pbf_reader& reader, std::vector<int64_t> shape) {
  const auto add = [&](int64_t extent) {
    if (extent < 0) Refuse("a shape holds whole numbers, none negative");
    if (shape.size() == kAxesMax) Refuse("a shape has too many axes");
    shape.push_back(extent);
  };
  if (reader.wire_type() == kVarint) {
    add(reader.get_int64());
  } else {
    for (const int64_t extent : reader.get_packed_int64()) add(extent);
  }
  return shape;
}

/// An input, and whether it brings its own contents.
struct Input {
  NamedTensor tensor;
  bool filled = false;
};

Input ReadInput(pbf_reader reader) {
  Input input;
  NamedTensor& tensor = input.tensor;
  std::string_view datatype;
  std::optional<pbf_reader> contents;
  while (reader.next()) {
    const bool text = reader.wire_type() == kText;
    if (text && reader.tag() == infer_tensor::kName) {
      tensor.name = View(reader);
    } else if (text && reader.tag() == infer_tensor::kDatatype) {
      datatype = View(reader);
    } else if (reader.tag() == infer_tensor::kShape && (text || reader.wire_type() == kVarint)) {
      tensor.tensor.shape = ReadShape(reader, std::move(tensor.tensor.shape));
    } else if (text && reader.tag() == infer_tensor::kContents) {
      contents = reader.get_message();
    } else {
      reader.skip();
    }
  }
  if (tensor.name.empty()) Refuse("an input has no name");
  tensor.bytes = datatype == kBytes;
  if (!tensor.bytes) {
    const auto dtype = predictions::FindDatatype(datatype);
    if (!dtype) Refuse(fmt::format("`{}` has no datatype that is known", tensor.name));
    tensor.tensor.dtype = *dtype;
  }
  // The shape may come behind them, and says how many there must be.
  if (contents) input.filled = ReadContents(*contents, tensor);
  return input;
}

WantedOutput ReadOutput(pbf_reader reader) {
  WantedOutput output;
  while (reader.next()) {
    if (reader.tag_and_type() == tag_and_type(wanted_output::kName, kText)) {
      output.name = View(reader);
    } else if (reader.tag_and_type() == tag_and_type(wanted_output::kParameters, kText)) {
      const Parameter parameter = ReadParameter(reader.get_message());
      if (parameter.name == "classification") {
        output.classes =
            static_cast<int64_t>(std::min<uint64_t>(parameter.number, uint64_t{kClassesMax}));
      }
      if (parameter.name.starts_with("shared_memory")) Refuse("shared memory is not offered");
    } else {
      reader.skip();
    }
  }
  if (output.name.empty()) Refuse("an output has no name");
  return output;
}

void TakeParameter(const Parameter& parameter, InferRequest& request) {
  if (parameter.name == "priority") SetPriority(request, parameter.number);
  if (parameter.name == "timeout") SetTimeout(request, parameter.number);
}

InferRequest Assemble(InferRequest request, std::vector<Input>&& inputs,
                      const std::vector<std::string_view>& raw) {
  if (inputs.empty()) Refuse("the request has no inputs");
  if (!raw.empty() && raw.size() != inputs.size()) {
    Refuse(fmt::format("{} inputs, but {} raw_input_contents", inputs.size(), raw.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    NamedTensor& tensor = inputs[i].tensor;
    if (!raw.empty()) {
      if (inputs[i].filled) Refuse(fmt::format("`{}` has contents and raw ones", tensor.name));
      FillFromBinary(tensor, raw[i]);
    } else if (!inputs[i].filled && ElementsOf(tensor.tensor.shape) > 0) {
      Refuse(fmt::format("`{}` has no data", tensor.name));
    }
    request.inputs.push_back(std::move(tensor));
  }
  return request;
}

InferRequest Read(pbf_reader reader) {
  InferRequest request;
  std::vector<Input> inputs;
  std::vector<std::string_view> raw;
  while (reader.next()) {
    if (reader.wire_type() != kText) {
      reader.skip();
      continue;
    }
    switch (reader.tag()) {
      case infer_request::kId:
        request.id = View(reader);
        break;
      case infer_request::kParameters:
        TakeParameter(ReadParameter(reader.get_message()), request);
        break;
      case infer_request::kInputs:
        if (inputs.size() == kTensorsMax) Refuse("too many inputs");
        inputs.push_back(ReadInput(reader.get_message()));
        break;
      case infer_request::kOutputs:
        if (request.outputs.size() == kTensorsMax) Refuse("too many outputs");
        request.outputs.push_back(ReadOutput(reader.get_message()));
        break;
      case infer_request::kRaw:
        if (raw.size() == kTensorsMax) Refuse("too many raw_input_contents");
        raw.push_back(View(reader));
        break;
      default:
        reader.skip();
    }
  }
  return Assemble(std::move(request), std::move(inputs), raw);
}

}  // namespace

InferRequest ReadInferMessage(std::string_view message) {
  try {
    return Read(pbf_reader(message.data(), message.size()));
  } catch (const protozero::exception& failure) {
    throw Error(Code::kBadRequest,
                fmt::format("the body is no ModelInferRequest: {}", failure.what()));
  }
}

std::string InferMessage(const predictions::Answer& answer, const std::vector<NamedTensor>& outputs,
                         const InferMessageOptions& options) {
  size_t size = 1024;
  for (const NamedTensor& output : outputs) size += output.tensor.bytes.size() + 256;
  std::string message;
  message.reserve(size);
  pbf_writer writer(message);
  writer.add_string(infer_response::kModelName, answer.model.name());
  writer.add_string(infer_response::kModelVersion, answer.model.version());
  if (!options.id.empty()) {
    writer.add_string(infer_response::kId, options.id.data(), options.id.size());
  }
  if (options.in_stream) {
    pbf_writer parameter(writer, infer_response::kParameters);
    parameter.add_string(map_entry::kKey, "triton_final_response");
    pbf_writer value(parameter, map_entry::kValue);
    value.add_bool(infer_parameter::kBool, true);
  }
  for (const NamedTensor& output : outputs) {
    pbf_writer tensor(writer, infer_response::kOutputs);
    tensor.add_string(infer_tensor::kName, output.name);
    tensor.add_string(infer_tensor::kDatatype, output.datatype().data(), output.datatype().size());
    const auto& shape = output.tensor.shape;
    tensor.add_packed_int64(infer_tensor::kShape, shape.begin(), shape.end());
  }
  for (const NamedTensor& output : outputs) {
    if (output.bytes) {
      std::string texts;
      AppendBinary(output, texts);
      writer.add_bytes(infer_response::kRaw, texts);
    } else {
      const auto& bytes = output.tensor.bytes;
      writer.add_bytes(infer_response::kRaw, reinterpret_cast<const char*>(bytes.data()),
                       bytes.size());
    }
  }
  return message;
}

std::string StreamMessage(const std::string& infer_response) {
  std::string message;
  message.reserve(infer_response.size() + 16);
  pbf_writer(message).add_message(stream_response::kInferResponse, infer_response);
  return message;
}

std::string StreamFault(const std::string& error_message) {
  std::string message;
  pbf_writer(message).add_string(stream_response::kErrorMessage, error_message);
  return message;
}

}  // namespace keelrow::open_inference
