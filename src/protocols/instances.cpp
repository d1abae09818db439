#include "protocols/instances.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "predictions/numbers.h"
#include "predictions/tensor_json.h"

namespace keelrow::protocols {
namespace {

using models::ServedModel;

constexpr size_t kInstancesMax = 100'000;

[[noreturn]] void Refuse(std::string message) {
  throw Error(Code::kBadExample, std::move(message));
}

/// {"b64": …}, wherever a single member leads to it.
const Json& Unwrapped(const Json& instance) {
  const Json* inner = &instance;
  while (inner->is_object() && inner->size() == 1) inner = &inner->front();
  return *inner;
}

transforms::Payload ExampleOf(const ServedModel& model, const Json& instance) {
  const Json& inner = Unwrapped(instance);
  if (inner.is_string()) {
    std::optional<std::string> file = DecodeFileText(inner.get<std::string>());
    if (!file || file->empty()) Refuse("an instance is no file in Base64");
    return *std::move(file);
  }
  const predictions::NumberForm* form =
      predictions::FindNumberForm(model.predictor()->DecodedKind());
  if (form == nullptr) Refuse("an instance is no file in Base64");
  predictions::Faults faults;
  auto payload = form->parse(inner, predictions::kBody.Member("instances"), faults);
  if (!payload)
    Refuse("an instance is neither a file in Base64 nor numbers of one: " + faults.First());
  return *std::move(payload);
}

/// The values of one input over all rows, as one list.
Json Column(const Json& instances, const std::string& name) {
  Json column = Json::array();
  for (const Json& instance : instances) {
    const auto found = instance.find(name);
    if (found == instance.end()) Refuse(fmt::format("an instance has no `{}`", name));
    column.push_back(*found);
  }
  return column;
}

/// Numbers as the input that `spec` describes. A network of [n, 1] takes plain numbers too.
Tensor InputOf(const bundle::TensorSpec& spec, const Json& rows) {
  Tensor tensor = predictions::TensorFromNested(rows, spec.dtype).Value();
  if (tensor.shape.size() + 1 == spec.shape.size() && spec.shape.back() == 1) {
    tensor.shape.push_back(1);
  }
  return tensor;
}

}  // namespace

predictions::Question QuestionOfFile(const ServedModel& model, std::string file) {
  if (model.predictor() == nullptr) Refuse("a bare network takes numbers, not files");
  if (file.empty()) Refuse("the body is empty");
  predictions::Question question;
  question.examples.emplace_back(std::move(file));
  return question;
}

predictions::Question QuestionOfInstances(const ServedModel& model, const Json& instances) {
  if (!instances.is_array() || instances.empty()) Refuse("there is no list of instances");
  if (instances.size() > kInstancesMax) Refuse("there are too many instances");
  predictions::Question question;
  if (model.predictor() != nullptr) {
    for (const Json& instance : instances) {
      question.examples.push_back(ExampleOf(model, instance));
    }
    return question;
  }
  const auto& specs = model.session().Inputs();
  const bool named = instances.front().is_object();
  if (specs.size() > 1 && !named) Refuse("the network has several inputs: name them");
  for (const bundle::TensorSpec& spec : specs) {
    question.tensors.push_back(InputOf(spec, named ? Column(instances, spec.name) : instances));
  }
  return question;
}

predictions::Question QuestionOfColumns(const ServedModel& model, const Json& inputs) {
  if (model.predictor() != nullptr) Refuse("a bundle takes instances, not columns");
  predictions::Question question;
  for (const bundle::TensorSpec& spec : model.session().Inputs()) {
    const auto found = inputs.find(spec.name);
    if (found == inputs.end()) Refuse(fmt::format("the input `{}` is missing", spec.name));
    question.tensors.push_back(InputOf(spec, *found));
  }
  return question;
}

Json PredictionsOf(const predictions::Answer& answer) {
  Json predictions = Json::array();
  if (const engine::Predictor* predictor = answer.model.predictor()) {
    for (const auto& scores : answer.scores) predictions.push_back(predictor->Render(scores));
    return predictions;
  }
  if (answer.outputs.size() == 1) return predictions::NestedJson(answer.outputs[0]);
  const auto& specs = answer.model.session().Outputs();
  for (size_t i = 0; i < answer.outputs.size(); ++i) {
    const Json rows = predictions::NestedJson(answer.outputs[i]);
    for (size_t row = 0; row < rows.size(); ++row) {
      if (predictions.size() <= row) predictions.push_back(Json::object());
      predictions[row][specs[i].name] = rows[row];
    }
  }
  return predictions;
}

}  // namespace keelrow::protocols
