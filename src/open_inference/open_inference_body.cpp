#include "open_inference/open_inference_body.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/packed_numbers.h"
#include "base/text.h"
#include "open_inference/tensor_bytes.h"
#include "predictions/tensor_json.h"

namespace keelrow::open_inference {
namespace {

constexpr const char* kLengthHeader = "Inference-Header-Content-Length";
/// Of all lists in a request only `data` may be so long; where another is, it is refused either
/// way.
constexpr size_t kPackedFrom = 1024;

[[noreturn]] void Refuse(std::string message) {
  throw Error(Code::kBadExample, std::move(message));
}

/// The value of a member that may be absent; refuses another type.
template <class T>
std::optional<T> Optional(const Json& object, const char* key, bool (Json::*is)() const noexcept) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!((*found).*is)()) Refuse(fmt::format("`{}` has another type", key));
  return found->get<T>();
}

const Json& Parameters(const Json& object) {
  static const Json none = Json::object();
  const auto found = object.find("parameters");
  if (found == object.end() || found->is_null()) return none;
  if (!found->is_object()) Refuse("`parameters` is no object");
  return *found;
}

std::vector<int64_t> ReadShape(const Json& input) {
  const auto found = input.find("shape");
  if (found == input.end() || !found->is_array() || found->size() > kAxesMax) {
    Refuse("an input has no `shape`, a list of numbers");
  }
  std::vector<int64_t> shape;
  for (const Json& extent : *found) {
    if (!extent.is_number_unsigned() || extent.get<uint64_t>() > INT64_MAX) {
      Refuse("a shape holds whole numbers, none negative");
    }
    shape.push_back(extent.get<int64_t>());
  }
  return shape;
}

void GatherTexts(const Json& data, std::vector<std::string>& texts) {
  if (data.is_array()) {
    for (const Json& item : data) GatherTexts(item, texts);
    return;
  }
  if (!data.is_string()) Refuse("an element of BYTES is no text");
  texts.push_back(data.get<std::string>());
}

/// JSON has no place for a file's bytes but as Base64: MLServer's `content_type` says so.
void DecodeTexts(NamedTensor& tensor) {
  for (std::string& text : tensor.texts) {
    std::optional<std::string> bytes = DecodeBase64(text);
    if (!bytes) Refuse(fmt::format("an element of `{}` is no Base64", tensor.name));
    text = *std::move(bytes);
  }
}

void FillFromJson(NamedTensor& tensor, const Json& data) {
  if (!tensor.bytes) {
    tensor.tensor =
        predictions::TensorFromJson(data, tensor.tensor.dtype, tensor.tensor.shape).Value();
    return;
  }
  GatherTexts(data, tensor.texts);
  if (tensor.texts.size() != ElementsOf(tensor.tensor.shape)) {
    Refuse(fmt::format("the shape of `{}` has another number of elements", tensor.name));
  }
}

/// Takes its data from the JSON, or from the front of `rest`.
NamedTensor ReadInput(const Json& input, std::string_view& rest, bool has_rest) {
  if (!input.is_object()) Refuse("an input is no object");
  NamedTensor tensor{.name = Optional<std::string>(input, "name", &Json::is_string).value_or("")};
  if (tensor.name.empty()) Refuse("an input has no `name`");
  const std::string datatype =
      Optional<std::string>(input, "datatype", &Json::is_string).value_or("");
  tensor.bytes = datatype == kBytes;
  if (!tensor.bytes) {
    const auto dtype = predictions::FindDatatype(datatype);
    if (!dtype) Refuse(fmt::format("`{}` has no datatype that is known", tensor.name));
    tensor.tensor.dtype = *dtype;
  }
  tensor.tensor.shape = ReadShape(input);
  const auto size =
      Optional<uint64_t>(Parameters(input), "binary_data_size", &Json::is_number_unsigned);
  const auto data = input.find("data");
  if (size && data != input.end()) {
    Refuse(fmt::format("`{}` has data in JSON and in binary", tensor.name));
  }
  if (!size) {
    if (data == input.end()) Refuse(fmt::format("`{}` has no data", tensor.name));
    FillFromJson(tensor, *data);
    const Json& parameters = Parameters(input);
    const auto content = Optional<std::string>(parameters, "content_type", &Json::is_string);
    if (tensor.bytes && content == "base64") DecodeTexts(tensor);
    return tensor;
  }
  if (!has_rest) Refuse(fmt::format("`binary_data_size` needs the header {}", kLengthHeader));
  if (*size > rest.size()) Refuse(fmt::format("the body ends inside `{}`", tensor.name));
  FillFromBinary(tensor, rest.substr(0, *size));
  rest.remove_prefix(*size);
  return tensor;
}

void ReadOutputs(const Json& json, HttpInfer& infer) {
  const auto outputs = json.find("outputs");
  if (outputs == json.end() || outputs->is_null()) return;
  if (!outputs->is_array() || outputs->size() > kTensorsMax) Refuse("`outputs` is no list");
  for (const Json& output : *outputs) {
    if (!output.is_object()) Refuse("an output is no object");
    const auto name = Optional<std::string>(output, "name", &Json::is_string);
    if (!name) Refuse("an output has no `name`");
    const Json& parameters = Parameters(output);
    const auto classes =
        Optional<int64_t>(parameters, "classification", &Json::is_number_unsigned).value_or(0);
    infer.request.outputs.push_back({.name = *name, .classes = std::min(classes, kClassesMax)});
    if (const auto binary = Optional<bool>(parameters, "binary_data", &Json::is_boolean)) {
      infer.form.binary[*name] = *binary;
    }
  }
}

void ReadParameters(const Json& json, HttpInfer& infer) {
  const Json& parameters = Parameters(json);
  infer.form.binary_default =
      Optional<bool>(parameters, "binary_data_output", &Json::is_boolean).value_or(false);
  SetPriority(infer.request,
              Optional<uint64_t>(parameters, "priority", &Json::is_number_unsigned).value_or(0));
  SetTimeout(infer.request,
             Optional<uint64_t>(parameters, "timeout", &Json::is_number_unsigned).value_or(0));
}

/// Bytes of JSON at the body's front; empty without the header.
std::optional<size_t> HeaderLength(const http::Request& request) {
  const auto text = request.headers.Find(kLengthHeader);
  if (!text) return std::nullopt;
  size_t length = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (failure != std::errc() || end != text->data() + text->size() ||
      length > request.body.size() || request.headers.Count(kLengthHeader) > 1) {
    Refuse(fmt::format("{} is no length within the body", kLengthHeader));
  }
  return length;
}

/// The whole body is the only input's data; one of its axes may be free.
HttpInfer ReadRaw(const models::ServedModel& model, const std::string& body) {
  HttpInfer infer;
  infer.form.binary_default = true;
  if (model.predictor() != nullptr) {
    NamedTensor file{.name = std::string(kFilesInput), .bytes = true, .texts = {body}};
    file.tensor.shape = {1};
    infer.request.inputs.push_back(std::move(file));
    return infer;
  }
  const auto& specs = model.session().Inputs();
  if (specs.size() != 1) Refuse("a raw request needs a model of one input");
  NamedTensor tensor{.name = specs[0].name};
  tensor.tensor.dtype = specs[0].dtype;
  size_t known = SizeOf(specs[0].dtype);
  for (const int64_t extent : specs[0].shape) known *= extent < 0 ? 1 : static_cast<size_t>(extent);
  for (const int64_t extent : specs[0].shape) {
    const bool free = extent < 0;
    tensor.tensor.shape.push_back(
        free ? static_cast<int64_t>(body.size() / std::max<size_t>(known, 1)) : extent);
    if (free) known = body.size() + 1;  // a second free axis gets none
  }
  FillFromBinary(tensor, body);
  infer.request.inputs.push_back(std::move(tensor));
  return infer;
}

/// One of `outputs` in the answer's JSON; behind it, in binary, what was asked for so.
void AppendOutput(const NamedTensor& output, const InferForm& form, std::string& head,
                  std::string& tail) {
  head += R"({"name":)";
  AppendJsonText(head, output.name);
  fmt::format_to(std::back_inserter(head), R"(,"datatype":"{}","shape":[{}])", output.datatype(),
                 fmt::join(output.tensor.shape, ","));
  const auto said = form.binary.find(output.name);
  if (said == form.binary.end() ? form.binary_default : said->second) {
    const size_t before = tail.size();
    AppendBinary(output, tail);
    fmt::format_to(std::back_inserter(head), R"(,"parameters":{{"binary_data_size":{}}}}})",
                   tail.size() - before);
    return;
  }
  head += R"(,"data":)";
  if (output.bytes) {
    head += Json(output.texts).dump(-1, ' ', false, Json::error_handler_t::replace);
  } else {
    predictions::AppendFlat(head, output.tensor);
  }
  head += '}';
}

}  // namespace

HttpInfer ReadInfer(const models::ServedModel& model, const http::Request& request) {
  const std::optional<size_t> length = HeaderLength(request);
  if (length == 0) return ReadRaw(model, request.body);
  const std::string_view body = request.body;
  const std::string_view text = body.substr(0, length.value_or(body.size()));
  std::string_view rest = body.substr(text.size());
  if (!IsUtf8(text)) Refuse("the JSON is not UTF-8");
  const Expected<Json> parsed = ParseJsonPacked(text, "the body", kPackedFrom);
  if (!parsed) Refuse("the body is no JSON: " + parsed.error().message());
  const Json& json = *parsed;
  if (!json.is_object()) Refuse("the body is no JSON object");
  HttpInfer infer;
  infer.request.id = Optional<std::string>(json, "id", &Json::is_string).value_or("");
  const auto inputs = json.find("inputs");
  if (inputs == json.end() || !inputs->is_array() || inputs->empty() ||
      inputs->size() > kTensorsMax) {
    Refuse("the request has no list `inputs`");
  }
  for (const Json& input : *inputs) {
    infer.request.inputs.push_back(ReadInput(input, rest, length.has_value()));
  }
  if (!rest.empty()) Refuse(fmt::format("{} bytes behind the last tensor", rest.size()));
  ReadOutputs(json, infer);
  ReadParameters(json, infer);
  return infer;
}

http::Response InferResponse(const predictions::Answer& answer, const std::string& id,
                             const std::vector<NamedTensor>& outputs, const InferForm& form) {
  // Written rather than built, as the numbers of an output are.
  std::string head = R"({"model_name":)";
  AppendJsonText(head, answer.model.name());
  head += R"(,"model_version":)";
  AppendJsonText(head, answer.model.version());
  if (!id.empty()) {
    head += R"(,"id":)";
    AppendJsonText(head, id);
  }
  head += R"(,"outputs":[)";
  std::string tail;
  for (const NamedTensor& output : outputs) {
    if (&output != outputs.data()) head += ',';
    AppendOutput(output, form, head, tail);
  }
  head += "]}";
  http::Response response{.headers = {{"Content-Type", "application/json"}},
                          .body = std::move(head)};
  if (tail.empty()) return response;
  response.headers.Set("Content-Type", "application/octet-stream");
  response.headers.Set(kLengthHeader, std::to_string(response.body.size()));
  response.body += tail;
  return response;
}

}  // namespace keelrow::open_inference
