#include "open_inference/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace keelrow::open_inference {
namespace {

using models::ServedModel;

constexpr std::string_view kProbabilities = "probabilities";
constexpr std::string_view kLabel = "label";

[[noreturn]] void Refuse(std::string message) {
  throw Error(Code::kBadExample, std::move(message));
}

std::vector<Tensor> NetworkInputs(const ServedModel& model, std::vector<NamedTensor>&& given) {
  const auto& specs = model.session().Inputs();
  std::vector<Tensor> inputs;
  for (const bundle::TensorSpec& spec : specs) {
    const auto found = std::ranges::find(given, spec.name, &NamedTensor::name);
    if (found == given.end()) Refuse(fmt::format("the input `{}` is missing", spec.name));
    if (found->bytes) Refuse(fmt::format("the input `{}` is not BYTES", spec.name));
    inputs.push_back(std::move(found->tensor));
  }
  if (given.size() > specs.size()) {
    const auto unknown = std::ranges::find_if(given, [&](const NamedTensor& tensor) {
      return std::ranges::find(specs, tensor.name, &bundle::TensorSpec::name) == specs.end();
    });
    Refuse(fmt::format("`{}` is no input of `{}`, or was sent twice",
                       unknown == given.end() ? given.back().name : unknown->name, model.name()));
  }
  if (std::string fault = model.session().Fault(inputs); !fault.empty()) Refuse(std::move(fault));
  return inputs;
}

NamedTensor Probabilities(const std::vector<std::vector<float>>& scores) {
  std::vector<float> flat;
  for (const std::vector<float>& row : scores) flat.insert(flat.end(), row.begin(), row.end());
  const auto rows = static_cast<int64_t>(scores.size());
  const int64_t labels = rows == 0 ? 0 : static_cast<int64_t>(scores[0].size());
  return {.name = std::string(kProbabilities), .tensor = Tensor::Of({rows, labels}, flat)};
}

NamedTensor Labels(const std::vector<std::vector<float>>& scores,
                   const std::vector<std::string>& labels) {
  NamedTensor tensor{.name = std::string(kLabel), .bytes = true};
  tensor.tensor.shape = {static_cast<int64_t>(scores.size())};
  for (const std::vector<float>& row : scores) {
    tensor.texts.push_back(labels[predictions::BestOf(row)]);
  }
  return tensor;
}

NamedTensor Output(const predictions::Answer& answer, const std::string& name) {
  const engine::Predictor* predictor = answer.model.predictor();
  if (predictor != nullptr && name == kProbabilities) return Probabilities(answer.scores);
  if (predictor != nullptr && name == kLabel) {
    return Labels(answer.scores, predictor->manifest().labels);
  }
  const auto& specs = answer.model.session().Outputs();
  const auto found = std::ranges::find(specs, name, &bundle::TensorSpec::name);
  if (found == specs.end()) {
    Refuse(fmt::format("`{}` is no output of `{}`", name, answer.model.name()));
  }
  return {.name = name, .tensor = answer.outputs[static_cast<size_t>(found - specs.begin())]};
}

/// One number a class in each row.
bool HasClasses(DType dtype, const std::vector<int64_t>& shape) {
  return dtype == DType::kFloat32 && shape.size() == 2;
}

/// The `classes` largest of each row as "value:index:label".
NamedTensor Classified(const NamedTensor& numbers, int64_t classes, const ServedModel& model) {
  if (numbers.bytes || !HasClasses(numbers.tensor.dtype, numbers.tensor.shape)) {
    Refuse(fmt::format("`{}` has no classes", numbers.name));
  }
  const int64_t width = numbers.tensor.shape[1];
  const int64_t kept = std::min(classes, width);
  NamedTensor tensor{.name = numbers.name, .bytes = true};
  tensor.tensor.shape = {numbers.tensor.Rows(), kept};
  const auto labels = model.predictor() == nullptr ? std::vector<std::string>{}
                                                   : model.predictor()->manifest().labels;
  for (int64_t row = 0; row < numbers.tensor.Rows(); ++row) {
    const auto values = numbers.tensor.As<float>().subspan(static_cast<size_t>(row * width),
                                                           static_cast<size_t>(width));
    std::vector<size_t> order(values.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return values[i]; });
    for (size_t i = 0; i < static_cast<size_t>(kept); ++i) {
      std::string text = fmt::format("{:.6f}:{}", values[order[i]], order[i]);
      if (order[i] < labels.size()) text += ":" + labels[order[i]];
      tensor.texts.push_back(std::move(text));
    }
  }
  return tensor;
}

std::vector<WantedOutput> AllOutputs(const ServedModel& model) {
  if (model.predictor() != nullptr) {
    return {{.name = std::string(kProbabilities)}, {.name = std::string(kLabel)}};
  }
  std::vector<WantedOutput> all;
  for (const bundle::TensorSpec& spec : model.session().Outputs()) all.push_back({spec.name});
  return all;
}

Json SpecJson(std::string_view name, std::string_view datatype, const std::vector<int64_t>& shape) {
  return {{"name", name}, {"datatype", datatype}, {"shape", shape}};
}

Json SpecsJson(const std::vector<bundle::TensorSpec>& specs) {
  Json list = Json::array();
  for (const bundle::TensorSpec& spec : specs) {
    list.push_back(SpecJson(spec.name, predictions::Datatype(spec.dtype), spec.shape));
  }
  return list;
}

/// The same output a thousand times would be a thousand copies.
void RequireOnce(const std::vector<WantedOutput>& outputs) {
  std::set<std::string_view> names;
  for (const WantedOutput& output : outputs) {
    if (!names.insert(output.name).second) {
      Refuse(fmt::format("the output `{}` is wanted twice", output.name));
    }
  }
}

/// Throws for an output that the model does not have, or that has no classes, before it is asked.
void RequireKnown(const ServedModel& model, const std::vector<WantedOutput>& outputs) {
  const auto& specs = model.session().Outputs();
  for (const WantedOutput& output : outputs) {
    const bool preprocesses = model.predictor() != nullptr;
    if (preprocesses && output.name == kProbabilities) continue;
    const bool label = preprocesses && output.name == kLabel;
    const auto found = std::ranges::find(specs, output.name, &bundle::TensorSpec::name);
    if (!label && found == specs.end()) {
      Refuse(fmt::format("`{}` is no output of `{}`", output.name, model.name()));
    }
    if (output.classes == 0 || (!label && HasClasses(found->dtype, found->shape))) {
      continue;
    }
    Refuse(fmt::format("`{}` has no classes", output.name));
  }
}

}  // namespace

void SetPriority(InferRequest& request, uint64_t priority) {
  constexpr uint64_t kDefault = uint64_t{1} << 20;  // in between; here smaller goes first
  if (priority == 0) return;
  request.priority = static_cast<int>(std::min(priority, kDefault)) - static_cast<int>(kDefault);
}

void SetTimeout(InferRequest& request, uint64_t microseconds) {
  constexpr uint64_t kMost = 3'600'000'000;
  if (microseconds == 0) return;
  request.timeout = std::chrono::microseconds(std::min(microseconds, kMost));
}

predictions::Question QuestionOf(const ServedModel& model, InferRequest&& request) {
  predictions::Question question{.priority = request.priority};
  if (request.timeout) question.deadline = models::Clock::now() + *request.timeout;
  RequireOnce(request.outputs);
  RequireKnown(model, request.outputs);
  const bool files = model.predictor() != nullptr && request.inputs.size() == 1 &&
                     request.inputs[0].name == kFilesInput;
  if (!files) {
    question.tensors = NetworkInputs(model, std::move(request.inputs));
    return question;
  }
  if (!request.inputs[0].bytes) Refuse("`input_data` is BYTES: whole files");
  if (request.inputs[0].texts.empty()) Refuse("`input_data` has no element");
  for (std::string& file : request.inputs[0].texts) {
    question.examples.emplace_back(std::move(file));
  }
  return question;
}

std::vector<NamedTensor> OutputsOf(const predictions::Answer& answer,
                                   const std::vector<WantedOutput>& wanted) {
  std::vector<NamedTensor> outputs;
  for (const WantedOutput& want : wanted.empty() ? AllOutputs(answer.model) : wanted) {
    NamedTensor output = Output(answer, want.name);
    outputs.push_back(want.classes > 0 ? Classified(output, want.classes, answer.model)
                                       : std::move(output));
  }
  return outputs;
}

Json ModelMetadata(const ServedModel& model, const std::vector<std::string>& versions) {
  Json inputs = SpecsJson(model.session().Inputs());
  Json outputs = SpecsJson(model.session().Outputs());
  if (const engine::Predictor* predictor = model.predictor()) {
    const auto labels = static_cast<int64_t>(predictor->manifest().labels.size());
    inputs = Json::array({SpecJson(kFilesInput, kBytes, {-1})});
    outputs = Json::array(
        {SpecJson(kProbabilities, "FP32", {-1, labels}), SpecJson(kLabel, kBytes, {-1})});
  }
  const bool bundle = model.predictor() != nullptr;
  return {{"name", model.name()},
          {"versions", versions},
          {"platform", bundle ? "keelrow_bundle" : "openvino"},
          {"inputs", std::move(inputs)},
          {"outputs", std::move(outputs)}};
}

}  // namespace keelrow::open_inference
