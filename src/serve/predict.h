#pragma once

#include "serve/protocols.h"

namespace keelrow::serve {

/// POST /predict, Keelrow's own protocol, in three forms:
///   application/json          {"input_data": Base64 text, data: URL or nested numbers,
///                              "request_id"?: text}
///   multipart/form-data       a file part, and perhaps a field `request_id`
///   image/*, application/octet-stream   the file itself
/// Answers 200 {"result": {"label", "probabilities"}, "request_id", "model": {"name", "version"}};
/// what cannot be read 422 or 400 {"detail"} in FastAPI's shape (validation.h).
std::vector<http::Route> PredictRoutes(ServeContext& context);

/// The operation's part of the API's description; `model` may be null.
Json DescribePredict(const LoadedModel* model);

}  // namespace keelrow::serve
