#include "predictions/model_name.h"

#include <fmt/format.h>

namespace keelrow::predictions {

ModelName ModelInPath(const ServeContext& context, const http::Request& request) {
  const auto version = request.params.find("version");
  ModelName name{.model = request.Param("model"),
                 .version = version == request.params.end() ? "" : version->second};
  // name@alias, where a protocol's paths have no place for an alias
  const size_t at = name.model.find('@');
  if (at != std::string::npos && name.version.empty()) {
    name.version = name.model.substr(at + 1);
    name.model.resize(at);
  }
  return name;
}

ModelName DefaultModel(const ServeContext& context, const http::Request&) {
  return {.model = context.DefaultModel(), .version = ""};
}

Error NotServed(const ServeContext& context, const ModelName& name) {
  const auto table = context.models->Table();
  const auto found = table->find(name.model);
  if (found == table->end()) {
    if (name.model.empty() && table->empty()) {
      return Error(Code::kOverloaded, "no model is loaded yet");
    }
    if (name.model.empty()) {
      return Error(Code::kNotFound, "the request names no model, and there is not only one",
                   {.hint = "GET /v2/models lists them"});
    }
    if (name.model == context.model) {
      return Error(Code::kOverloaded, fmt::format("no version of `{}` is loaded yet", name.model));
    }
    return Error(Code::kNotFound, fmt::format("there is no model `{}`", name.model));
  }
  const models::Version* version = found->second.Find(name.version);
  if (version == nullptr && !name.version.empty()) {
    return Error(Code::kNotFound,
                 fmt::format("`{}` has no version or alias `{}`", name.model, name.version));
  }
  return Error(Code::kOverloaded, fmt::format("no version of `{}` is loaded yet", name.model));
}

}  // namespace keelrow::predictions
