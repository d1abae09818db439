#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/text.h"
#include "base/units.h"
#include "base/version.h"
#include "predictions/handlers.h"
#include "predictions/protocol.h"
#include "protocols/instances.h"
#include "protocols/invocations_api.h"

namespace keelrow::protocols {
namespace {

constexpr std::string_view kArchive = ".tar.gz";
constexpr const char* kRecords = "dataframe_records";

using models::ServedModel;

[[noreturn]] void Refuse(std::string message) {
  throw Error(Code::kBadExample, std::move(message));
}

/// {"error_code", "message"}, as MLflow's server answers.
http::Response RefuseAsMlflow(const Error& error) {
  const int status = Info(error.code()).http_status;
  if (predictions::IsOfInput(error.code())) {
    return http::Response::Json({{"error_code", "BAD_REQUEST"}, {"message", error.message()}}, 400);
  }
  const char* code = status == 503   ? "TEMPORARILY_UNAVAILABLE"
                     : status == 404 ? "RESOURCE_DOES_NOT_EXIST"
                                     : "INTERNAL_ERROR";
  return http::Response::Json(
      {{"error_code", code}, {"message", status == 500 ? "internal error" : error.message()}},
      status);
}

http::Response UnsupportedType(const std::string& type) {
  return http::Response::Text(
      fmt::format("This server takes application/json, text/csv, image/*, audio/* and "
                  "application/octet-stream, not `{}`.",
                  type),
      415);
}

/// A table with named columns: of a bundle one column of files in Base64; of a network all columns
/// in their order as the features of its only input, or one column for each of its inputs.
predictions::Question QuestionOfTable(const ServedModel& model,
                                      const std::vector<std::string>& columns, const Json& rows) {
  const auto& specs = model.session().Inputs();
  const bool by_name = model.predictor() == nullptr && columns.size() == specs.size() &&
                       std::ranges::all_of(specs, [&](const bundle::TensorSpec& spec) {
                         return std::ranges::find(columns, spec.name) != columns.end();
                       });
  Json instances = Json::array();
  for (const Json& row : rows) {
    if (!row.is_array() || row.size() != columns.size()) Refuse("a row has another length");
    if (by_name) {
      Json named = Json::object();
      for (size_t i = 0; i < columns.size(); ++i) named[columns[i]] = row[i];
      instances.push_back(std::move(named));
    } else {
      instances.push_back(model.predictor() != nullptr && columns.size() == 1 ? row[0] : row);
    }
  }
  return QuestionOfInstances(model, instances);
}

std::vector<std::string> ColumnsOf(const Json& names) {
  std::vector<std::string> columns;
  for (const Json& name : names)
    columns.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  return columns;
}

predictions::Question ReadSplit(const ServedModel& model, const Json& frame) {
  if (!frame.is_object() || !frame.contains("data") || !frame["data"].is_array()) {
    Refuse("`dataframe_split` has no `data`");
  }
  std::vector<std::string> columns;
  if (frame.contains("columns") && frame["columns"].is_array()) {
    columns = ColumnsOf(frame["columns"]);
  } else if (!frame["data"].empty()) {
    columns.resize(frame["data"][0].size());
  }
  return QuestionOfTable(model, columns, frame["data"]);
}

predictions::Question ReadRecords(const ServedModel& model, const Json& records,
                                  const std::vector<std::string>& columns) {
  if (!records.is_array() || records.empty() || !records[0].is_object()) {
    Refuse("`dataframe_records` is no list of objects");
  }
  Json rows = Json::array();
  for (const Json& record : records) {
    Json row = Json::array();
    for (const std::string& column : columns) {
      if (!record.is_object() || !record.contains(column)) {
        Refuse(fmt::format("a record has no `{}`", column));
      }
      row.push_back(record[column]);
    }
    rows.push_back(std::move(row));
  }
  return QuestionOfTable(model, columns, rows);
}

/// The names of the first record in the order in which they were sent, which is that of a network's
/// features, and which a Json does not keep. `body` has been parsed before: within the limits.
std::vector<std::string> ColumnsAsSent(const std::string& body) {
  std::vector<std::string> columns;
  bool inside = false;
  bool done = false;
  const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 1) inside = parsed == kRecords;
    if (event == Event::object_end && depth == 2 && inside) done = true;
    if (event == Event::key && depth == 3 && inside && !done) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    }
    return event != Event::value;  // nothing is kept of it
  };
  const Json nothing = Json::parse(body, look);  // what was looked at is not kept
  return columns;
}

predictions::Question ReadInputs(const ServedModel& model, const Json& inputs) {
  if (inputs.is_object()) return QuestionOfColumns(model, inputs);
  return QuestionOfInstances(model, inputs);
}

struct Form {
  std::string_view key;
  predictions::Question (*read)(const ServedModel& model, const Json& value);
};
constexpr std::array kForms = {
    Form{"dataframe_split", ReadSplit},
    Form{"instances", QuestionOfInstances},
    Form{"inputs", ReadInputs},
};

predictions::Question ReadJson(const ServedModel& model, const std::string& body) {
  const Expected<Json> json = ParseJson(body, "the body");
  if (!json) Refuse("the body is no JSON: " + json.error().message());
  const Form* chosen = nullptr;
  const bool records = json->is_object() && json->contains(kRecords);
  if (json->is_object()) {
    for (const Form& form : kForms) {
      if (!json->contains(form.key)) continue;
      if (chosen != nullptr || records) Refuse("the body has more than one kind of input");
      chosen = &form;
    }
  }
  if (records) return ReadRecords(model, json->at(kRecords), ColumnsAsSent(body));
  if (chosen == nullptr) {
    Refuse("the body must have one of dataframe_split, dataframe_records, instances, inputs");
  }
  return chosen->read(model, json->at(std::string(chosen->key)));
}

Json Cell(std::string_view text) {
  const Expected<double> number = ParseNumber(text);
  return number ? Json(*number) : Json(std::string(text));
}

/// Cells between commas; a quoted one may hold commas, and quotes that are doubled.
std::vector<std::string> CellsOf(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  if (quoted) Refuse("a quote in the CSV is not closed");
  return cells;
}

/// Whether it is a file as a bundle takes it, and not a name that is Base64 by chance ("data").
bool IsFileText(const ServedModel& model, const std::string& cell) {
  constexpr size_t kPictureMin =
      26;  // bytes of the smallest GIF; other pictures and sound have more
  const std::optional<std::string> file = DecodeFileText(cell);
  if (!file) return false;
  const bool text = model.predictor()->DecodedKind() == transforms::Kind::kBytes && IsUtf8(*file);
  return text || file->size() >= kPictureMin;
}

/// As MLflow has it: a first line of names; SageMaker sends none.
bool IsHead(const ServedModel& model, const std::vector<std::string>& cells, const Json& row) {
  if (std::ranges::any_of(row, [](const Json& value) { return value.is_number(); })) return false;
  return model.predictor() == nullptr || std::ranges::none_of(cells, [&](const std::string& cell) {
           return IsFileText(model, cell);
         });
}

predictions::Question ReadCsv(const ServedModel& model, const std::string& body) {
  if (!IsUtf8(body)) Refuse("the CSV is not UTF-8");
  std::vector<std::string> columns;
  Json rows = Json::array();
  for (std::string line : SplitText(body, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const std::vector<std::string> cells = CellsOf(line);
    Json row = Json::array();
    for (const std::string& cell : cells) row.push_back(Cell(cell));
    const bool head = columns.empty() && IsHead(model, cells, row);
    if (columns.empty()) columns = head ? cells : std::vector<std::string>(cells.size());
    if (!head) rows.push_back(std::move(row));
  }
  return QuestionOfTable(model, columns, rows);
}

bool IsFile(const std::string& type) {
  return type.starts_with("image/") || type.starts_with("audio/") || type == "text/plain" ||
         type == "application/octet-stream" || type == "application/x-image";
}

std::variant<predictions::Question, http::Response> Read(const predictions::ServeContext& context,
                                                         const ServedModel& model,
                                                         const http::Request& request) {
  const std::string type = request.ContentType();
  predictions::Question question;
  if (type == "application/json" || type.empty()) {
    question = ReadJson(model, request.body);
  } else if (type == "text/csv") {
    question = ReadCsv(model, request.body);
  } else if (IsFile(type)) {
    question = QuestionOfFile(model, request.body);
  } else {
    return UnsupportedType(type);
  }
  question.render = [](const predictions::Answer& answer) {
    return http::Response::Json({{"predictions", PredictionsOf(answer)}});
  };
  return question;
}

/// MLflow's clients read the status alone, Label Studio's the JSON too.
http::Response Health(const predictions::ServeContext& context) {
  const bool ready = !context.stopping && context.Ready();
  return http::Response::Json({{"status", ready ? "UP" : "DOWN"}}, ready ? 200 : 503);
}

/// An endpoint's name is a model's here, and so is a target's, which is an archive to SageMaker.
void NameTarget(http::Request& request) {
  const auto target = request.headers.Find("X-Amzn-SageMaker-Target-Model");
  if (!target || !request.route->pattern.starts_with("/endpoints/")) return;
  std::string name(*target);
  if (name.ends_with(kArchive)) name.resize(name.size() - kArchive.size());
  request.params["model"] = std::move(name);
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {
      {.method = "POST",
       .pattern = "/invocations",
       .handler = predictions::PredictionHandler(
           context, {.model = predictions::DefaultModel, .read = Read, .refuse = RefuseAsMlflow}),
       .scope = "predict",
       .summary = "Predictions for a table, for instances, or for a file."},
      {.method = "POST",
       .pattern = "/endpoints/{model}/invocations",
       .handler = predictions::PredictionHandler(
           context, {.model = predictions::ModelInPath, .read = Read, .refuse = RefuseAsMlflow}),
       .scope = "predict",
       .summary = "The same, as the clients of SageMaker's runtime ask it."},
      {.method = "POST",
       .pattern = "/models/{model}/invoke",
       .handler = predictions::PredictionHandler(
           context, {.model = predictions::ModelInPath, .read = Read, .refuse = RefuseAsMlflow}),
       .scope = "predict",
       .summary = "The same of a model that is named."},
      predictions::ProbeGet("/health", "Whether predictions are answered.",
                            [&context](const auto&) { return Health(context); }),
      predictions::OpenGet("/version", "The program's version.", [](const auto&) {
        return http::Response::Text(std::string(Version()));
      })};
}

}  // namespace

/// What MLflow's scoring server and SageMaker's containers share: POST /invocations with JSON
/// (dataframe_split, dataframe_records, instances, inputs), CSV, or a file; answers
/// {"predictions"}. /ping is TorchServe's, which answers 200 as both want it.
predictions::Protocol InvocationsProtocol() {
  return {.name = "invocations",
          .help = "MLflow's scoring and SageMaker's containers.",
          .routes = Routes,
          .describe = DescribeInvocations,
          .name_model = NameTarget};
}

}  // namespace keelrow::protocols
