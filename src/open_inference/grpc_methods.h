#pragma once

#include <span>
#include <string_view>

#include "open_inference/proto_json.h"

namespace keelrow::open_inference {

/// A method of inference.GRPCInferenceService. One with a `pattern` says what that route of REST
/// says: its handler answers, behind the same scope, and the JSON becomes the message `reply`.
struct GrpcMethod {
  std::string_view name;
  std::string_view verb = {};                // of the route: "GET"
  std::string_view pattern = {};             // "/v2/models/{model}"
  std::span<const ProtoField> request = {};  // what of the message is the route's JSON body
  std::span<const ProtoField> reply = {};
  uint32_t model = 0;    // field of the model's name in the request; 0: it names none
  uint32_t version = 0;  // and of its version
};

std::span<const GrpcMethod> GrpcMethods();

}  // namespace keelrow::open_inference
