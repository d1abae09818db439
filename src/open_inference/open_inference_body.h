#pragma once

#include "http/message.h"
#include "open_inference/infer.h"

namespace keelrow::open_inference {

/// How the Open Inference Protocol lies in an HTTP body: JSON, and behind it the bytes of those
/// tensors that are sent in binary, in their order; `Inference-Header-Content-Length` says where
/// the JSON ends. Hostile input: every size is checked against what is there.

/// How the answer shall lie.
struct InferForm {
  bool binary_default = false;
  std::map<std::string, bool> binary = {};  // by output, where the request said so
};

struct HttpInfer {
  InferRequest request;
  InferForm form;
};

/// Throws kBadExample, kUnsupported, with what is wrong. A header of 0 means: the whole body is the
/// only input's data, and the answer is all binary.
HttpInfer ReadInfer(const models::ServedModel& model, const http::Request& request);

http::Response InferResponse(const predictions::Answer& answer, const std::string& id,
                             const std::vector<NamedTensor>& outputs, const InferForm& form);

}  // namespace keelrow::open_inference
