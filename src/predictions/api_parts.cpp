#include "predictions/api_parts.h"

#include <fmt/format.h>

#include "base/text.h"

namespace keelrow::predictions {
namespace {

/// A description is for reading: of more versions than these there is nothing new to learn.
constexpr size_t kVersionsShown = 64;

bool Has(std::string_view pattern, std::string_view parameter) {
  return pattern.find(parameter) != std::string_view::npos;
}

/// Either of the models' schemas. Labels and shapes may differ between versions, so that where a
/// version is named nothing is promised.
Json AnyOf(std::string_view pattern, const std::vector<LoadedVersion>& loaded,
           std::string_view what) {
  if (Has(pattern, "{version}")) return Json::object();
  Json references = Json::array();
  for (const LoadedVersion& version : Asked(pattern, loaded)) {
    references.push_back(
        {{"$ref", fmt::format("#/components/schemas/{}.{}", version.served->name(), what)}});
  }
  if (references.empty()) return Json::object();
  return references.size() == 1 ? references[0] : Json{{"anyOf", std::move(references)}};
}

}  // namespace

std::vector<LoadedVersion> Asked(std::string_view pattern,
                                 const std::vector<LoadedVersion>& loaded) {
  std::vector<LoadedVersion> asked;
  for (const LoadedVersion& version : loaded) {
    if (asked.size() == kVersionsShown) break;
    const bool standard = Has(pattern, "{model}") ? version.standard : version.unnamed;
    if (standard || Has(pattern, "{version}")) asked.push_back(version);
  }
  return asked;
}

std::string ExampleName(std::string_view pattern, const LoadedVersion& version) {
  const std::string& name = version.served->name();
  return Has(pattern, "{version}") ? name + " " + version.served->version() : name;
}

Json PathParameters(std::string_view pattern, const std::vector<LoadedVersion>& loaded,
                    std::string_view suffix) {
  Json parameters = Json::array();
  for (const std::string& segment : SplitText(std::string(pattern), '/')) {
    if (segment.size() < 3 || segment.front() != '{') continue;
    const std::string name = segment.substr(1, segment.size() - 2);
    Json parameter = {
        {"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
    for (const LoadedVersion& version : Asked(pattern, loaded)) {
      const std::string value = name == "version" ? version.served->version()
                                                  : version.served->name() + std::string(suffix);
      parameter["examples"][ExampleName(pattern, version)] = {{"value", value}};
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

Json RequestOf(std::string_view pattern, const std::vector<ApiBody>& bodies,
               const std::vector<LoadedVersion>& loaded) {
  const std::vector<LoadedVersion> asked = Asked(pattern, loaded);
  Json content = Json::object();
  for (const ApiBody& body : bodies) {
    Json& media = content[body.type];
    if (!media.contains("schema")) media["schema"] = body.schema;
    if (body.example == nullptr) continue;
    for (const LoadedVersion& version : asked) {
      Json value = body.example(*version.served);
      if (value.is_null()) continue;
      std::string name = ExampleName(pattern, version);
      if (!body.form.empty()) name += ": " + body.form;
      media["examples"][name] = {{"summary", SignatureText(*version.served)},
                                 {"value", std::move(value)}};
    }
  }
  return {{"requestBody", {{"required", true}, {"content", std::move(content)}}}};
}

Json ReplyOf(std::string_view description, Json schema) {
  return {{"description", description},
          {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json InstanceOf(std::string_view pattern, const std::vector<LoadedVersion>& loaded) {
  return AnyOf(pattern, loaded, "input");
}

Json PredictionOf(std::string_view pattern, const std::vector<LoadedVersion>& loaded) {
  return AnyOf(pattern, loaded, "prediction");
}

Json SchemasOf(const std::vector<LoadedVersion>& loaded) {
  Json schemas = Json::object();
  for (const char* pattern : {"/", "/{model}"}) {
    for (const LoadedVersion& version : Asked(pattern, loaded)) {
      const std::string& name = version.served->name();
      schemas[name + ".input"] = InstanceSchema(*version.served);
      schemas[name + ".prediction"] = PredictionSchema(*version.served);
    }
  }
  return schemas;
}

}  // namespace keelrow::predictions
