#pragma once

#include "http/router.h"
#include "predictions/handlers.h"
#include "predictions/prediction.h"
#include "predictions/protocol.h"
#include "predictions/signature.h"

namespace keelrow::open_inference {

predictions::Protocol OpenInferenceProtocol();
predictions::Protocol ModelRepositoryProtocol();

/// {"error": text} with the status that the Open Inference Protocol gives such a fault.
http::Response OpenInferenceError(const Error& error);

/// A handler of this protocol's: what it throws is answered so.
http::Handler OpenInferenceHandler(predictions::Answerer function);

/// What its routes take and give, for the API's description.
Json DescribeOpenInference(const std::vector<predictions::LoadedVersion>& loaded);

/// {"models": [name, …]}, as both of KServe's protocols list them.
http::Response ListModels(const predictions::ServeContext& context);

/// Names of a model's versions that are ready.
std::vector<std::string> ReadyVersions(const predictions::ServeContext& context,
                                       const std::string& model);

}  // namespace keelrow::open_inference
