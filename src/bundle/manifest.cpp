#include "bundle/manifest.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/version.h"

namespace keelrow::bundle {
namespace {

DType DTypeNamed(const std::string& text, const std::string& name) {
  if (const auto dtype = FindDType(text)) return *dtype;
  throw Error(Code::kUnsupported, fmt::format("{}: unknown tensor type `{}`", name, text));
}

Json SpecsToJson(const std::vector<TensorSpec>& specs) {
  Json json = Json::array();
  for (const TensorSpec& spec : specs) {
    json.push_back({{"name", spec.name}, {"dtype", Name(spec.dtype)}, {"shape", spec.shape}});
  }
  return json;
}

/// Whole numbers only: nlohmann would cut off a fraction and overflow on 1e300.
std::vector<int64_t> ShapeFromJson(const Json& json, const std::string& name) {
  for (const Json& extent : json) {
    const bool fits = extent.is_number_unsigned()
                          ? extent.get<uint64_t>() <= INT64_MAX
                          : extent.is_number_integer() && extent.get<int64_t>() >= -1;
    if (fits) continue;
    throw Error(Code::kCorrupt, fmt::format("{} is malformed: {} in a shape", name, extent.dump()));
  }
  return json;
}

std::vector<TensorSpec> SpecsFromJson(const Json& json, const std::string& name) {
  std::vector<TensorSpec> specs;
  for (const Json& spec : json) {
    specs.push_back({.name = Member(spec, "name", name),
                     .dtype = DTypeNamed(Member(spec, "dtype", name), name),
                     .shape = ShapeFromJson(Member(spec, "shape", name), name)});
  }
  return specs;
}

void CheckVersion(const Json& json, const std::string& name) {
  const Json& version = Member(json, "format_version", name);
  if (version == 1 || version == kFormatVersion) return;
  throw Error(Code::kUnsupported,
              fmt::format("{} has format version {}; this program reads 1 and {}", name,
                          version.dump(), kFormatVersion),
              {.hint = fmt::format("it was written by {}",
                                   json.value("written_by", Json("an unnamed program")).dump())});
}

/// What differs between the versions.
void ReadAnswering(const Json& json, const std::string& name, Manifest& manifest) {
  const Json& postprocess = Member(json, "postprocess", name);
  if (json["format_version"] == 1) {
    manifest.postprocess = postprocess;
    return;
  }
  manifest.views = Member(json, "views", name);
  if (!postprocess.is_object() || postprocess.size() != 1) {
    throw Error(Code::kCorrupt, fmt::format("{}: `postprocess` names no single row", name));
  }
  manifest.postprocess = postprocess.begin().key();
  manifest.postprocess_options = postprocess.begin().value();
}

}  // namespace

Json Manifest::ToJson() const {
  return {{"format_version", kFormatVersion},
          {"written_by", fmt::format("keelrow {}", Version())},
          {"name", name},
          {"task", task},
          {"signature", {{"inputs", SpecsToJson(inputs)}, {"outputs", SpecsToJson(outputs)}}},
          {"preprocess", preprocess},
          {"views", views},
          {"postprocess", {{postprocess, postprocess_options}}},
          {"labels", labels},
          {"export_check", export_check},
          {"lineage", lineage}};
}

Manifest Manifest::FromJson(const Json& json, const std::string& name) {
  try {
    CheckVersion(json, name);
    const Json& signature = Member(json, "signature", name);
    Manifest manifest{.name = Member(json, "name", name),
                      .task = Member(json, "task", name),
                      .inputs = SpecsFromJson(Member(signature, "inputs", name), name),
                      .outputs = SpecsFromJson(Member(signature, "outputs", name), name),
                      .preprocess = Member(json, "preprocess", name),
                      .labels = Member(json, "labels", name),
                      .export_check = Member(json, "export_check", name),
                      .lineage = Member(json, "lineage", name)};
    ReadAnswering(json, name, manifest);
    return manifest;
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("{} is malformed: {}", name, failure.what()));
  }
}

}  // namespace keelrow::bundle
