#include <algorithm>
#include <array>

#include "serve/numbers.h"
#include "serve/predict_api.h"
#include "serve/predict_request.h"
#include "serve/prediction.h"
#include "serve/protocols.h"
#include "serve/validation.h"

namespace keelrow::serve {
namespace {

/// Faults of the input itself, whatever part of Keelrow found them.
constexpr std::array kInputFaults = {Code::kBadExample, Code::kCorrupt, Code::kLimit,
                                     Code::kUnsupported, Code::kBadValue};

std::string WithCauses(const Error& error) {
  std::string text = error.message();
  for (const Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    text += ": " + cause->message();
  }
  return text;
}

http::Response Refuse(const Error& error) {
  if (std::ranges::find(kInputFaults, error.code()) == kInputFaults.end()) {
    return http::Response::FromError(error);
  }
  return UnusableInput(error.code(), WithCauses(error));
}

http::Response Answer(const LoadedModel& model, const http::Request& request) {
  auto read = ReadPredictRequest(model, request);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  auto& [payload, request_id] = std::get<PredictRequest>(read);
  return http::Response::Json({{"result", model.predictor.Answer(std::move(payload))},
                               {"request_id", std::move(request_id)},
                               {"model", {{"name", model.name}, {"version", model.version}}}});
}

std::vector<http::Route> Routes(ServeContext& context) {
  return {{.method = "POST",
           .pattern = "/predict",
           .handler = PredictionHandler(context, {.answer = Answer, .refuse = Refuse}),
           .access = http::Access::kToken,
           .run_on = http::RunOn::kWorkers,
           .scope = "predict",
           .summary = "The model's answer for one input."}};
}

}  // namespace

/// POST /predict, Keelrow's own protocol, in three forms:
///   application/json          {"input_data": Base64 text, data: URL or nested numbers,
///                              "request_id"?: text}
///   multipart/form-data       a file part, and perhaps a field `request_id`
///   image/*, application/octet-stream   the file itself
/// Answers 200 {"result": {"label", "probabilities"}, "request_id", "model": {"name", "version"}};
/// what cannot be read 422 or 400 {"detail"} in FastAPI's shape (validation.h).
Protocol PredictProtocol() {
  return {"predict", "One input, one answer, as JSON.", Routes, DescribePredict};
}

}  // namespace keelrow::serve
