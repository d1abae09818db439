#include "protocols/predict_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/packed_numbers.h"
#include "base/text.h"
#include "http/form.h"
#include "predictions/numbers.h"
#include "predictions/tensor_json.h"
#include "predictions/validation.h"

namespace keelrow::protocols {
namespace {

using Result = std::variant<PredictRequest, http::Response>;

constexpr size_t kRequestIdMax = 256;
constexpr size_t kPackedFrom = 4;  // numbers
constexpr std::string_view kTypes =
    "application/json, multipart/form-data, image/*, application/octet-stream";

bool IsJson(std::string_view type) {
  return type == "application/json" ||
         (type.starts_with("application/") && type.ends_with("+json"));
}

http::Response Missing(const predictions::Loc& loc, const Json& input) {
  predictions::Faults faults;
  faults.Add(predictions::fault::kMissing, loc, input);
  return faults.ToResponse();
}

/// Where in the text reading stopped, counted in characters as Python does.
size_t OffsetOf(std::string_view text, const Place& place) {
  size_t begin = 0;
  for (int line = 1; line < place.line; ++line) begin = text.find('\n', begin) + 1;
  const size_t end =
      std::min(text.size(), begin + static_cast<size_t>(std::max(place.column, 1)) - 1);
  return static_cast<size_t>(std::ranges::count_if(
      text.substr(0, end), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

http::Response InvalidJson(const Error& error, std::string_view body) {
  if (error.code() == Code::kLimit) return predictions::UnreadableBody(error.message());
  predictions::Faults faults;
  faults.Add({"json_invalid", "JSON decode error"}, {"body", OffsetOf(body, error.place())},
             Json::object(), {{"error", error.message()}});
  return faults.ToResponse();
}

std::optional<transforms::Payload> ParseText(const Json& input, const predictions::Loc& loc,
                                             predictions::Faults& faults) {
  std::optional<std::string> bytes = DecodeFileText(input.get<std::string>());
  if (bytes && !bytes->empty()) return std::move(*bytes);
  faults.Add({"base64_decode",
              "Input should be the file in Base64 with its padding, or a data: URL of it"},
             loc, input);
  return std::nullopt;
}

/// A bare network's only input: one row of it, or several.
std::optional<transforms::Payload> ParseNetworkInput(const engine::Session& session,
                                                     const Json& input, const predictions::Loc& loc,
                                                     predictions::Faults& faults) {
  if (session.Inputs().size() != 1) {
    faults.Add({"value_error", "The network has several inputs: ask it through /v2"}, loc, input);
    return std::nullopt;
  }
  const bundle::TensorSpec& spec = session.Inputs()[0];
  Expected<Tensor> tensor = predictions::TensorFromNested(input, spec.dtype);
  if (!tensor) {
    faults.Add({"value_error", tensor.error().message()}, loc, input);
    return std::nullopt;
  }
  const bool row = session.HasRows() && tensor->shape.size() + 1 == spec.shape.size();
  if (row) tensor->shape.insert(tensor->shape.begin(), 1);
  return *std::move(tensor);
}

std::optional<transforms::Payload> ParseInput(const models::ServedModel& model, const Json& input,
                                              predictions::Faults& faults) {
  const predictions::Loc loc = predictions::kBody.Member("input_data");
  if (model.predictor() == nullptr) return ParseNetworkInput(model.session(), input, loc, faults);
  if (input.is_string()) return ParseText(input, loc, faults);
  const predictions::NumberForm* form =
      predictions::FindNumberForm(model.predictor()->DecodedKind());
  if (form != nullptr) return form->parse(input, loc, faults);
  faults.Add(predictions::fault::kString, loc, input);
  return std::nullopt;
}

/// An absent or null request_id is the HTTP request's.
std::string ParseRequestId(const Json& object, const http::Request& request,
                           predictions::Faults& faults) {
  const auto found = object.find("request_id");
  if (found == object.end() || found->is_null()) return request.id;
  const predictions::Loc loc = predictions::kBody.Member("request_id");
  if (!found->is_string()) {
    faults.Add(predictions::fault::kString, loc, *found);
    return {};
  }
  const auto& id = found->get_ref<const std::string&>();
  if (id.size() > kRequestIdMax) {
    faults.Add(
        {"string_too_long", fmt::format("String should have at most {} bytes", kRequestIdMax)},
        loc.ToJson(), *found, {{"max_length", kRequestIdMax}});
  }
  return id;
}

Result ReadObject(const models::ServedModel& model, const http::Request& request,
                  const Expected<Json>& parsed) {
  if (!parsed) return InvalidJson(parsed.error(), request.body);
  if (parsed->is_null()) return Missing(predictions::kBody, nullptr);
  predictions::Faults faults;
  if (!parsed->is_object()) {
    faults.Add(predictions::fault::kObject, predictions::kBody, *parsed);
    return faults.ToResponse();
  }
  const auto input = parsed->find("input_data");
  if (input == parsed->end()) return Missing(predictions::kBody.Member("input_data"), *parsed);
  std::optional<transforms::Payload> payload = ParseInput(model, *input, faults);
  std::string request_id = ParseRequestId(*parsed, request, faults);
  if (!faults.empty()) return faults.ToResponse();
  return PredictRequest{.payload = std::move(*payload), .request_id = std::move(request_id)};
}

Result ReadJsonBody(const models::ServedModel& model, const http::Request& request) {
  if (request.body.empty()) return Missing(predictions::kBody, nullptr);
  if (!IsUtf8(request.body)) return predictions::UnreadableBody();
  if (model.predictor() == nullptr) {
    // A tensor needs no tree. What is wrong with a body is said of the body as it was sent.
    Result read =
        ReadObject(model, request, ParseJsonPacked(request.body, "the body", kPackedFrom));
    if (std::holds_alternative<PredictRequest>(read)) return read;
  }
  return ReadObject(model, request, ParseJson(request.body, "the body"));
}

Result ReadForm(const http::Request& request) {
  const auto parts =
      http::ParseMultipart(request.headers.Find("Content-Type").value_or(""), request.body);
  if (!parts) return predictions::UnreadableBody(parts.error().message());
  const http::Part* file = nullptr;
  std::string request_id = request.id;
  for (const http::Part& part : *parts) {
    const bool is_file = !part.filename.empty() || part.name == "file" || part.name == "image" ||
                         part.name == "data";
    if (file == nullptr && is_file) file = &part;
    if (part.name == "request_id") request_id = part.data.substr(0, kRequestIdMax);
  }
  if (file == nullptr) return Missing(predictions::kBody.Member("file"), nullptr);
  return PredictRequest{.payload = std::string(file->data), .request_id = std::move(request_id)};
}

Result ReadFile(const http::Request& request) {
  if (request.body.empty()) return Missing(predictions::kBody, nullptr);
  return PredictRequest{.payload = request.body, .request_id = request.id};
}

Result RefuseType(const http::Request& request) {
  predictions::Faults faults;
  faults.Add(predictions::fault::kObject, predictions::kBody.ToJson(), Json::object(),
             {{"content_type", request.ContentType()}, {"accepted", kTypes}});
  return faults.ToResponse();
}

}  // namespace

http::Response UnusableInput(Code code, const std::string& message) {
  predictions::Faults faults;
  faults.Add({"value_error", message}, predictions::kBody.Member("input_data").ToJson(), nullptr,
             {{"error", Info(code).name}});
  return faults.ToResponse();
}

Result ReadPredictRequest(const models::ServedModel& model, const http::Request& request) {
  const std::string type = request.ContentType();
  if (IsJson(type)) return ReadJsonBody(model, request);
  if (type == "multipart/form-data") return ReadForm(request);
  if (type.starts_with("image/") || type == "application/octet-stream") return ReadFile(request);
  return RefuseType(request);
}

}  // namespace keelrow::protocols
