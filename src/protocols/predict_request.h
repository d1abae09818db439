#pragma once

#include <optional>
#include <string>
#include <variant>

#include "http/message.h"
#include "models/served_model.h"
#include "transforms/payload.h"

namespace keelrow::protocols {

/// The body of POST /predict, understood. Of a bare network the payload is its input, a tensor with
/// the axis of rows.
struct PredictRequest {
  transforms::Payload payload;
  std::string request_id;  // the client's, or that of the HTTP request
};

/// The body read in the form that its content type names, or the refusal that is the answer.
/// Hostile input: nothing is thrown, nothing recurses deeper than JsonLimits.
std::variant<PredictRequest, http::Response> ReadPredictRequest(const models::ServedModel& model,
                                                                const http::Request& request);

/// 422: the input was read, but cannot be used.
http::Response UnusableInput(Code code, const std::string& message);

}  // namespace keelrow::protocols
