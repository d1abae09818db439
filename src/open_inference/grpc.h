#pragma once

#include "http/router.h"

namespace keelrow::open_inference {

inline constexpr std::string_view kInferenceService = "inference.GRPCInferenceService";

/// "/inference.GRPCInferenceService/ModelInfer".
std::string GrpcPath(std::string_view service, std::string_view method);

/// One protobuf message as the answer.
http::Response GrpcMessage(std::string message);

}  // namespace keelrow::open_inference
