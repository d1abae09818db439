#pragma once

#include "http/router.h"
#include "serve/prediction.h"

namespace keelrow::serve {

/// {"error": text} with the status that the Open Inference Protocol gives such a fault.
http::Response OpenInferenceError(const Error& error);

/// A handler of this protocol's: what it throws is answered so.
http::Handler OpenInferenceHandler(std::function<http::Response(const http::Request&)> function);

/// Names of a model's versions that are ready.
std::vector<std::string> ReadyVersions(const ServeContext& context, const std::string& model);

}  // namespace keelrow::serve
