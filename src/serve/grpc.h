#pragma once

#include "http/router.h"

namespace keelrow::serve {

inline constexpr std::string_view kInferenceService = "inference.GRPCInferenceService";

/// "/inference.GRPCInferenceService/ModelInfer".
std::string GrpcPath(std::string_view service, std::string_view method);

/// One protobuf message as the answer.
http::Response GrpcMessage(std::string message);

/// What a gRPC request asks about stands in its message and not in its path: reads the names of
/// model and version into `params`, where REST has them, so that authentication, limits and
/// handlers find them there, and all of them the same.
http::Middleware NameModelOfMessage();

}  // namespace keelrow::serve
