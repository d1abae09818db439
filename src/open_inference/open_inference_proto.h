#pragma once

#include <string>
#include <string_view>

#include "open_inference/infer.h"

namespace keelrow::open_inference {

/// How the Open Inference Protocol lies in protobuf messages: inference.ModelInferRequest and
/// ModelInferResponse of proto/grpc_service.proto. Hostile input: whatever the bytes say is checked
/// against what is there.

/// Without the names of model and version, which the route's middleware has read. Throws
/// kBadRequest for what is no message, kBadExample for what cannot be asked.
InferRequest ReadInferMessage(std::string_view message);

struct InferMessageOptions {
  std::string_view id;
  bool in_stream = false;  // then it says that it is the request's last answer
};
/// All outputs in raw_output_contents, since that is what clients read.
std::string InferMessage(const predictions::Answer& answer, const std::vector<NamedTensor>& outputs,
                         const InferMessageOptions& options);

/// ModelStreamInferResponse: with a ModelInferResponse, or with what went wrong.
std::string StreamMessage(const std::string& infer_response);
std::string StreamFault(const std::string& error_message);

}  // namespace keelrow::open_inference
