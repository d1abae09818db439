#include "base/json_text.h"
#include "predictions/numbers.h"
#include "predictions/prediction.h"
#include "predictions/protocol.h"
#include "predictions/tensor_json.h"
#include "predictions/validation.h"
#include "protocols/label_studio.h"
#include "protocols/predict_api.h"
#include "protocols/predict_request.h"

namespace keelrow::protocols {
namespace {

std::string WithCauses(const Error& error) {
  std::string text = error.message();
  for (const Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    text += ": " + cause->message();
  }
  return text;
}

http::Response Refuse(const Error& error) {
  if (!predictions::IsOfInput(error.code())) return http::Response::FromError(error);
  return UnusableInput(error.code(), WithCauses(error));
}

/// Scores as the bundle's postprocessing says them; of a bare network its outputs as numbers.
void AppendResult(std::string& out, const predictions::Answer& answer) {
  const models::ServedModel& model = answer.model;
  if (model.predictor() != nullptr) {
    out += model.predictor()->Render(answer.scores.at(0)).dump();
    return;
  }
  if (answer.outputs.size() == 1) return predictions::AppendNested(out, answer.outputs[0]);
  out += '{';
  for (size_t i = 0; i < answer.outputs.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonText(out, model.session().Outputs()[i].name);
    out += ':';
    predictions::AppendNested(out, answer.outputs[i]);
  }
  out += '}';
}

/// Written rather than built: around a small result the rest would cost as much again.
http::Response Render(const predictions::Answer& answer, const std::string& request_id) {
  std::string body = R"({"model":{"name":)";
  AppendJsonText(body, answer.model.name());
  body += R"(,"version":)" + predictions::VersionJson(answer.model.version()).dump() +
          R"(},"request_id":)";
  AppendJsonText(body, request_id);
  body += R"(,"result":)";
  AppendResult(body, answer);
  body += '}';
  return {.headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

std::variant<predictions::Question, http::Response> Read(const predictions::ServeContext& context,
                                                         const models::ServedModel& model,
                                                         const http::Request& request) {
  auto read = ReadPredictRequest(model, request);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  auto& [payload, request_id] = std::get<PredictRequest>(read);
  predictions::Question question;
  if (model.predictor() != nullptr) {
    question.examples.push_back(std::move(payload));
  } else if (auto* tensor = std::get_if<Tensor>(&payload)) {
    question.tensors.push_back(std::move(*tensor));
  } else {
    return UnusableInput(Code::kBadExample, "a bare network takes numbers, not files");
  }
  question.render = [id = std::move(request_id)](const predictions::Answer& answer) {
    return Render(answer, id);
  };
  return question;
}

/// The route that two protocols share: a body for Label Studio's goes there.
http::Handler Handler(predictions::ServeContext& context) {
  const http::Handler own = predictions::PredictionHandler(
      context, {.model = predictions::DefaultModel, .read = Read, .refuse = Refuse});
  return [own, label_studio = LabelStudioPredict(context)](const http::Request& request,
                                                           http::Reply reply) {
    const bool other =
        request.ContentType() == "application/json" && IsLabelStudioBody(request.body);
    (other ? label_studio : own)(request, std::move(reply));
  };
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {{.method = "POST",
           .pattern = "/predict",
           .handler = Handler(context),
           .access = http::Access::kToken,
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
predictions::Protocol PredictProtocol() {
  return {"predict", "One input, one answer, as JSON.", Routes, DescribePredict};
}

}  // namespace keelrow::protocols
