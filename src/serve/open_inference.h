#pragma once

#include "http/router.h"
#include "serve/handlers.h"
#include "serve/prediction.h"
#include "serve/signature.h"

namespace keelrow::serve {

struct Protocol;
Protocol OpenInferenceProtocol();
Protocol ModelRepositoryProtocol();

/// {"error": text} with the status that the Open Inference Protocol gives such a fault.
http::Response OpenInferenceError(const Error& error);

/// A handler of this protocol's: what it throws is answered so.
http::Handler OpenInferenceHandler(Answerer function);

/// What its routes take and give, for the API's description.
Json DescribeOpenInference(const std::vector<LoadedVersion>& loaded);

/// {"models": [name, …]}, as both of KServe's protocols list them.
http::Response ListModels(const ServeContext& context);

/// Names of a model's versions that are ready.
std::vector<std::string> ReadyVersions(const ServeContext& context, const std::string& model);

}  // namespace keelrow::serve
