// A body for POST /predict is understood, or refused with 400 or 422 and a reason in JSON. Pixels
// sent as numbers are a whole picture, and the model answers it or refuses it as an input.
#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/text.h"
#include "http/form.h"
#include "http/target.h"
#include "protocols/label_studio.h"
#include "protocols/predict_request.h"
#include "require.h"
#include "tiny_bundle.h"

namespace keelrow::fuzz {
namespace {

// The first byte chooses; the last choice is the body's own first line.
constexpr auto kContentTypes = std::to_array<std::string_view>(
    {"application/json", "multipart/form-data; boundary=b", "image/png", ""});

/// A sealed bundle, loaded as the service loads it.
const models::ServedModel& Model() {
  static const TemporaryFolder folder;
  static models::Executor executor(1);
  static const auto model = [] {
    WriteTinyBundle(folder.path());
    return models::ServedModel::Load({.model = "tiny", .version = "1", .path = folder.path()}, {},
                                     executor);
  }();
  return *model;
}

void CheckRefusal(const http::Response& response) {
  Require(response.status == 400 || response.status == 422, "a refusal is the client's fault");
  Require(Json::parse(response.body).contains("detail"), "a refusal says why");
}

void CheckPixels(const data::Image& image) {
  Require(image.width > 0 && image.height > 0, "a picture has pixels");
  Require(image.pixels.size() == image.RowBytes() * static_cast<size_t>(image.height),
          "a picture is whole");
  try {
    const Json answer = Model().predictor()->Answer(image);
    Require(image.width == kEdge && image.height == kEdge, "the picture fits the network");
    Require(answer.at("probabilities").size() == 2, "every label has its probability");
  } catch (const Error& error) {
    Require(Info(error.code()).http_status != 500,
            "a picture that does not fit is no fault of ours");
  }
}

void CheckRequest(const http::Request& request) {
  const auto read = protocols::ReadPredictRequest(Model(), request);
  if (const auto* refusal = std::get_if<http::Response>(&read)) return CheckRefusal(*refusal);
  const auto& [payload, request_id] = std::get<protocols::PredictRequest>(read);
  const http::Response answer = http::Response::Json({{"request_id", request_id}});
  Require(Json::parse(answer.body).contains("request_id"), "the request's id can be answered");
  if (const auto* image = std::get_if<data::Image>(&payload)) CheckPixels(*image);
}

void CheckParts(std::string_view content_type, std::string_view body) {
  const auto parts = http::ParseMultipart(content_type, body);
  if (!parts) return;
  for (const http::Part& part : *parts) {
    Require(!part.name.empty(), "a part has a name");
    Require(part.data.data() >= body.data() &&
                part.data.data() + part.data.size() <= body.data() + body.size(),
            "a part lies in the body");
  }
}

void CheckText(std::string_view body) {
  for (const Base64 alphabet : {Base64::kStandard, Base64::kUrl}) {
    const auto bytes = DecodeBase64(body, alphabet);
    Require(!bytes || EncodeBase64(*bytes, alphabet) == body, "a value has one spelling in Base64");
    Require(DecodeBase64(EncodeBase64(body, alphabet), alphabet) == body, "Base64 comes back");
  }
  const auto fields = http::ParseQuery(body);
  if (!fields) return;
  for (const auto& [name, value] : *fields) {
    Require(IsUtf8(name) && IsUtf8(value), "a form's fields are UTF-8");
  }
}

/// Whom POST /predict is for is told by a look at the text; a parser must see the same.
void CheckWhose(std::string_view body) {
  if (!protocols::IsLabelStudioBody(body)) return;
  const auto json = ParseJson(body, "the body");
  Require(!json || (json->is_object() && json->contains("tasks")), "Label Studio sends tasks");
}

void Check(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front()) % kContentTypes.size();
  input.remove_prefix(1);
  std::string_view content_type = kContentTypes[choice];
  if (content_type.empty()) content_type = TakeUntil(input, '\n');
  CheckRequest({.headers = {{"Content-Type", std::string(content_type)}},
                .body = std::string(input),
                .id = "r-1"});
  CheckWhose(input);
  CheckParts(content_type, input);
  CheckText(input);
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // OpenVINO's TBB would otherwise dlopen with RTLD_DEEPBIND, which AddressSanitizer refuses.
  return ::setenv("TBB_ENABLE_SANITIZERS", "1", 1);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
