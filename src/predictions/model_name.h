#pragma once

#include <string>

#include "predictions/context.h"

namespace keelrow::predictions {

/// Whom a request asks. An empty version is the one that answers by default.
struct ModelName {
  std::string model;
  std::string version;
};

/// For protocols whose routes have parameters {model} and perhaps {version}.
ModelName ModelInPath(const ServeContext& context, const http::Request& request);
/// For those that name no model.
ModelName DefaultModel(const ServeContext& context, const http::Request& request);

/// kNotFound, kOverloaded: why a model does not answer.
Error NotServed(const ServeContext& context, const ModelName& name);

}  // namespace keelrow::predictions
