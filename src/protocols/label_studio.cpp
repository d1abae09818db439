#include "protocols/label_studio.h"

#include <fmt/format.h>

#include <algorithm>

#include "open_inference/infer.h"
#include "predictions/handlers.h"
#include "predictions/prediction.h"
#include "predictions/protocol.h"
#include "predictions/task_files.h"
#include "protocols/label_match.h"
#include "protocols/label_studio_api.h"

// What Label Studio's MLApi (label_studio/ml/api_connector.py, 1.23) sends and reads.
namespace keelrow::protocols {
namespace {

using models::ServedModel;

constexpr size_t kTasksMax = 1000;  // Label Studio sends up to 100 at once

predictions::ModelName ModelOf(const predictions::ServeContext& context,
                               const http::Request& request) {
  return request.params.contains("model") ? predictions::ModelInPath(context, request)
                                          : predictions::DefaultModel(context, request);
}

/// What annotators see beside a prediction, and what Label Studio tells by whether it has one of
/// the newest version already.
std::string VersionName(const ServedModel& model) {
  return model.name() + "@" + model.version();
}

Json ReadObject(const http::Request& request) {
  Expected<Json> json = ParseJson(request.body, "the body");
  if (!json) throw Error(Code::kBadRequest, "the body is no JSON: " + json.error().message());
  if (!json->is_object()) throw Error(Code::kBadRequest, "the body is no JSON object");
  return *std::move(json);
}

LabelMatch MatchOf(const Json& body, const char* key, const ServedModel& model) {
  const auto config = body.find(key);
  if (config == body.end() || !config->is_string()) {
    throw Error(Code::kBadRequest, fmt::format("the body has no `{}`", key));
  }
  return MatchLabels(labels::ParseLabelConfig(config->get_ref<const std::string&>()).Value(),
                     model);
}

std::string TextOf(const Json& task, const std::string& field) {
  const auto data = task.is_object() ? task.find("data") : task.end();
  if (!task.is_object() || data == task.end() || !data->is_object()) {
    throw Error(Code::kBadExample, "the task has no data");
  }
  const auto value = data->find(field);
  if (value == data->end() || !value->is_string()) {
    throw Error(Code::kBadExample, fmt::format("the task's data has no text `{}`", field));
  }
  return value->get<std::string>();
}

/// A task without a prediction has no `result`: Label Studio logs it and goes on with the others.
Json PredictionOf(const predictions::Answer& answer, size_t number, const LabelMatch& match) {
  const std::vector<float>& scores = answer.scores[number];
  if (scores.empty()) return {{"error", answer.faults[number]}};
  const size_t best = predictions::BestOf(scores);
  Json result = Json::array();
  if (!match.written[best].empty()) {
    result.push_back(labels::ChoiceResult(match.question, match.written[best]));
  }
  return {{"result", std::move(result)},
          {"score", scores[best]},
          {"model_version", VersionName(answer.model)}};
}

http::Response Results(Json results, const ServedModel& model) {
  return http::Response::Json(
      {{"results", std::move(results)}, {"model_version", VersionName(model)}});
}

std::variant<predictions::Question, http::Response> Read(const predictions::ServeContext& context,
                                                         const ServedModel& model,
                                                         const http::Request& request) {
  const auto body = std::make_shared<const Json>(ReadObject(request));
  const auto tasks = body->find("tasks");
  if (tasks == body->end() || !tasks->is_array()) {
    throw Error(Code::kBadRequest, "the body has no list `tasks`");
  }
  if (tasks->size() > kTasksMax) {
    throw Error(Code::kLimit, fmt::format("at most {} tasks are taken at once", kTasksMax));
  }
  const auto match = std::make_shared<const LabelMatch>(MatchOf(*body, "label_config", model));
  if (tasks->empty()) return Results(Json::array(), model);
  predictions::Question question;
  question.examples.resize(tasks->size());
  const bool text = match->object.kind == "Text" || match->object.kind == "HyperText";
  question.bring = [&context, &request, body, match, text](size_t number) -> transforms::Payload {
    // Fetching what is left could take a minute, which a stop does not have, nor others.
    if (context.stopping) throw Error(Code::kInterrupted, "the service stops");
    if (request.Abandoned()) throw Error(Code::kInterrupted, "the client has gone");
    std::string value = TextOf(body->at("tasks")[number], match->object.field);
    if (text) return value;
    return context.task_files->Bring(value, request.deadline);
  };
  question.render = [match](const predictions::Answer& answer) {
    Json results = Json::array();
    for (size_t i = 0; i < answer.scores.size(); ++i) {
      results.push_back(PredictionOf(answer, i, *match));
    }
    return Results(std::move(results), answer.model);
  };
  return question;
}

std::shared_ptr<const ServedModel> Require(const predictions::ServeContext& context,
                                           const http::Request& request) {
  const predictions::ModelName name = ModelOf(context, request);
  return context.models->FindOrLoad(name.model, name.version, request.deadline);
}

/// Asked when the project is connected, and before predictions. What comes along (a token, a host)
/// is not kept.
http::Response Setup(const predictions::ServeContext& context, const http::Request& request) {
  const auto model = Require(context, request);
  MatchOf(ReadObject(request), "schema", *model);
  return http::Response::Json({{"model_version", VersionName(*model)}});
}

/// Annotations that were made or changed; they are heard of and not acted on.
http::Response Webhook(const predictions::ServeContext&, const http::Request& request) {
  const Json body = ReadObject(request);
  const auto action = body.find("action");
  if (action == body.end() || !action->is_string()) {
    throw Error(Code::kBadRequest, "the body has no `action`");
  }
  if (*action == "START_TRAINING") {
    return http::Response::Json({{"error", "a service does not train: `keelrow run` does"}}, 501);
  }
  return http::Response::Json({{"status", "ok"}});
}

http::Response Versions(const predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = ModelOf(context, request);
  const auto table = context.models->Table();
  const auto found = table->find(name.model);
  if (found == table->end()) throw predictions::NotServed(context, name);
  Json versions = Json::array();
  for (const models::Version& version : found->second.versions) {
    if (version.served) versions.push_back(VersionName(*version.served));
  }
  return http::Response::Json({{"versions", std::move(versions)}});
}

http::Response Health(const predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = ModelOf(context, request);
  if (!context.models->Find(name.model, name.version)) throw predictions::NotServed(context, name);
  return http::Response::Json({{"status", "UP"}, {"model_class", name.model}});
}

struct Row {
  const char* method;
  const char* path;
  const char* summary;
  http::Response (*answer)(const predictions::ServeContext& context, const http::Request& request);
};
constexpr Row kRows[] = {
    {"POST", "/setup", "Whether the model fits a labelling project.", Setup},
    {"POST", "/webhook", "What happened to a project's annotations.", Webhook},
    {"GET", "/versions", "The versions that answer.", Versions},
};

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  std::vector<http::Route> routes;
  for (const std::string prefix : {"", "/label-studio", "/label-studio/{model}"}) {
    for (const Row& row : kRows) {
      routes.push_back({.method = row.method,
                        .pattern = prefix + row.path,
                        .handler = http::Sync([&context, answer = row.answer](const auto& request) {
                          return answer(context, request);
                        }),
                        .run_on = http::RunOn::kWorkers,
                        .scope = "predict",
                        .summary = row.summary});
    }
    if (prefix.empty()) continue;  // those two are shared with other protocols
    routes.push_back({.method = "POST",
                      .pattern = prefix + "/predict",
                      .handler = LabelStudioPredict(context),
                      .scope = "predict",
                      .summary = "Pre-labels for a labelling project's tasks."});
    routes.push_back(predictions::ProbeGet(
        prefix + "/health", "Whether predictions are answered.",
        [&context](const auto& request) { return Health(context, request); }));
  }
  return routes;
}

/// The names of an object's own members, one after another, without building anything.
class MemberNames {
 public:
  explicit MemberNames(std::string_view json) : text_(json) {}

  std::optional<std::string_view> Next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        const std::string_view word = Word();
        if (depth_ == 1 && NextIsColon()) return word;
        continue;
      }
      if (c == '{' || c == '[') ++depth_;
      if (c == '}' || c == ']') --depth_;
      ++at_;
    }
    return std::nullopt;
  }

 private:
  std::string_view Word() {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const size_t end = std::min(at_++, text_.size());
    return text_.substr(begin, end - begin);
  }
  bool NextIsColon() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos) {
      ++at_;
    }
    return at_ < text_.size() && text_[at_] == ':';
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

bool IsLabelStudioBody(std::string_view body) {
  if (body.find("\"tasks\"") == std::string_view::npos) return false;
  MemberNames names(body);
  while (const auto name = names.Next()) {
    if (*name == "input_data") return false;
    if (*name == "tasks") return true;
  }
  return false;
}

http::Handler LabelStudioPredict(predictions::ServeContext& context) {
  return predictions::PredictionHandler(
      context, {.model = ModelOf, .read = Read, .refuse = http::Response::FromError});
}

/// Label Studio's machine-learning backend: a project's tasks in, pre-labels out. The service's own
/// address is given to Label Studio, or http://HOST:PORT/label-studio[/MODEL].
predictions::Protocol LabelStudioProtocol() {
  return {"label_studio", "Pre-labels for Label Studio's annotators.", Routes, DescribeLabelStudio};
}

}  // namespace keelrow::protocols
