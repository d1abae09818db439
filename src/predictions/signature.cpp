#include "predictions/signature.h"

#include <fmt/format.h>

#include "predictions/datatype.h"
#include "predictions/numbers.h"

namespace keelrow::predictions {
namespace {

using models::ServedModel;

constexpr size_t kLabelsNamed = 4;  // in a sentence

std::string_view JsonType(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "boolean";
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kFloat32:
    case DType::kFloat64:
      return "number";
    default:
      return "integer";
  }
}

/// Nested lists from `axis` on; the first one is that of rows, of which this is one.
Json ListSchema(const bundle::TensorSpec& spec, size_t axis) {
  if (axis >= spec.shape.size()) return {{"type", JsonType(spec.dtype)}};
  Json schema = {{"type", "array"}, {"items", ListSchema(spec, axis + 1)}};
  if (const int64_t extent = spec.shape[axis]; extent >= 0) {
    schema["minItems"] = schema["maxItems"] = extent;
  }
  return schema;
}

/// A row of the only tensor, or of each by its name.
Json RowSchema(const std::vector<bundle::TensorSpec>& specs) {
  if (specs.size() == 1) return ListSchema(specs[0], 1);
  Json properties = Json::object();
  Json names = Json::array();
  for (const bundle::TensorSpec& spec : specs) {
    properties[spec.name] = ListSchema(spec, 1);
    names.push_back(spec.name);
  }
  return {
      {"type", "object"}, {"required", std::move(names)}, {"properties", std::move(properties)}};
}

std::string TensorsText(const std::vector<bundle::TensorSpec>& specs) {
  std::vector<std::string> texts;
  for (const bundle::TensorSpec& spec : specs) {
    std::vector<std::string> axes;
    for (const int64_t extent : spec.shape) {
      axes.push_back(extent < 0 ? "n" : std::to_string(extent));
    }
    texts.push_back(
        fmt::format("`{}` {} [{}]", spec.name, Datatype(spec.dtype), fmt::join(axes, ", ")));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string LabelsText(const std::vector<std::string>& labels) {
  if (labels.size() > kLabelsNamed) return fmt::format("one of {} labels", labels.size());
  return fmt::format("one of {}", fmt::join(labels, ", "));
}

}  // namespace

std::vector<LoadedVersion> LoadedVersions(const ServeContext& context) {
  std::vector<LoadedVersion> loaded;
  const std::string unnamed = context.DefaultModel();
  const auto table = context.models->Table();
  for (const auto& [name, model] : *table) {
    for (const models::Version& version : model.versions) {
      if (!version.served) continue;
      const bool standard = &version == model.Find({});
      loaded.push_back(
          {.served = version.served, .standard = standard, .unnamed = standard && name == unnamed});
    }
  }
  return loaded;
}

std::string_view InputKind(const ServedModel& model) {
  if (model.predictor() == nullptr) return "tensor";
  const NumberForm* form = FindNumberForm(model.predictor()->DecodedKind());
  return form == nullptr ? "file" : form->name;
}

std::string SignatureText(const ServedModel& model) {
  const engine::Session& session = model.session();
  if (model.predictor() == nullptr) {
    return TensorsText(session.Inputs()) + " → " + TensorsText(session.Outputs());
  }
  return fmt::format("{} → {}", transforms::Name(model.predictor()->DecodedKind()),
                     LabelsText(model.predictor()->manifest().labels));
}

Json InstanceSchema(const ServedModel& model) {
  if (model.predictor() == nullptr) return RowSchema(model.session().Inputs());
  Json forms = Json::array({{{"type", "string"},
                             {"contentEncoding", "base64"},
                             {"description", "The file in Base64, or a data: URL of it."}}});
  if (const NumberForm* form = FindNumberForm(model.predictor()->DecodedKind())) {
    forms.push_back({{"type", "array"}, {"description", form->help}});
  }
  return {{"anyOf", std::move(forms)}};
}

Json PredictionSchema(const ServedModel& model) {
  if (model.predictor() == nullptr) return RowSchema(model.session().Outputs());
  const Json probability = {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  return {{"type", "object"},
          {"required", {"label", "probabilities"}},
          {"properties",
           {{"label", {{"type", "string"}, {"enum", model.predictor()->manifest().labels}}},
            {"probabilities", {{"type", "object"}, {"additionalProperties", probability}}}}}};
}

}  // namespace keelrow::predictions
