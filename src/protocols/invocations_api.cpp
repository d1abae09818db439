#include "protocols/invocations_api.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"

namespace keelrow::protocols {
namespace {

using models::ServedModel;

/// A table that says what `instances` say: a column of files; a column for each feature of a row of
/// plain numbers; else one for each of the network's inputs.
struct Table {
  Json columns = Json::array();
  Json rows = Json::array();
  bool cells = false;  // whether every cell is a number or a text, which CSV can hold
};

Table ExampleTable(const ServedModel& model) {
  Table table;
  if (model.predictor() != nullptr) {
    if (const std::string file = predictions::ExampleFile(model); !file.empty()) {
      table.columns.push_back("file");
      table.rows.push_back(Json::array({EncodeBase64(file)}));
      table.cells = true;
    }
    return table;
  }
  const Json instances = predictions::ExampleInstances(model);
  if (instances.is_null()) return table;
  const bool named = instances.front().is_object();
  const bool flat = !named && instances.front().is_array() && !instances.front().empty() &&
                    !instances.front().front().is_array();
  // In the order of the alphabet, which is that of records in the description.
  for (size_t i = 0; flat && i < instances.front().size(); ++i) {
    table.columns.push_back(fmt::format("x{:04}", i));
  }
  if (!flat) {
    for (const auto& spec : model.session().Inputs()) table.columns.push_back(spec.name);
  }
  for (const Json& instance : instances) {
    Json row = Json::array();
    for (const Json& column : table.columns) {
      if (flat) break;
      row.push_back(named ? instance.at(column.get<std::string>()) : instance);
    }
    table.rows.push_back(flat ? instance : row);
  }
  table.cells = flat;
  return table;
}

Json SplitExample(const ServedModel& model) {
  const Table table = ExampleTable(model);
  if (table.rows.empty()) return nullptr;
  return {{"dataframe_split", {{"columns", table.columns}, {"data", table.rows}}}};
}

Json RecordsExample(const ServedModel& model) {
  const Table table = ExampleTable(model);
  Json records = Json::array();
  for (const Json& row : table.rows) {
    Json record = Json::object();
    for (size_t i = 0; i < row.size(); ++i) record[table.columns[i].get<std::string>()] = row[i];
    records.push_back(std::move(record));
  }
  return records.empty() ? Json(nullptr) : Json{{"dataframe_records", std::move(records)}};
}

Json InstancesExample(const ServedModel& model) {
  Json instances = predictions::ExampleInstances(model);
  return instances.is_null() ? Json(nullptr) : Json{{"instances", std::move(instances)}};
}

Json InputsExample(const ServedModel& model) {
  if (model.predictor() != nullptr) return nullptr;
  Json tensors = predictions::ExampleTensors(model);
  return tensors.is_null() ? Json(nullptr) : Json{{"inputs", std::move(tensors)}};
}

Json CsvExample(const ServedModel& model) {
  const Table table = ExampleTable(model);
  if (!table.cells) return nullptr;
  std::string text;
  for (const Json& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      text += row[i].is_string() ? row[i].get<std::string>() : row[i].dump();
    }
    text += '\n';
  }
  return text;
}

Json RequestSchema() {
  const Json one = {{"type", "object"}, {"minProperties", 1}};
  const Json list = {{"type", "array"}};
  Json schema = one;
  schema["description"] = "Exactly one of these.";
  schema["properties"] = {{"dataframe_split", {{"type", "object"}}},
                          {"dataframe_records", list},
                          {"instances", list},
                          {"inputs", {{"type", {"object", "array"}}}}};
  return schema;
}

}  // namespace

Json DescribeInvocations(const std::vector<predictions::LoadedVersion>& loaded) {
  const char* json = "application/json";
  const std::vector<predictions::ApiBody> bodies = {
      {json, RequestSchema(), "dataframe_split", SplitExample},
      {json, RequestSchema(), "dataframe_records", RecordsExample},
      {json, RequestSchema(), "instances", InstancesExample},
      {json, RequestSchema(), "inputs", InputsExample},
      {.type = "text/csv", .schema = {{"type", "string"}}, .example = CsvExample},
      {.type = "application/octet-stream"}};
  Json paths = Json::object();
  for (const char* pattern :
       {"/invocations", "/models/{model}/invoke", "/endpoints/{model}/invocations"}) {
    Json post = predictions::RequestOf(pattern, bodies, loaded);
    const Json list = {{"type", "array"}, {"items", predictions::PredictionOf(pattern, loaded)}};
    post["responses"]["200"] = predictions::ReplyOf(
        "One prediction a row.", {{"type", "object"}, {"properties", {{"predictions", list}}}});
    paths[pattern] = {{"post", std::move(post)}};
  }
  return paths;
}

}  // namespace keelrow::protocols
