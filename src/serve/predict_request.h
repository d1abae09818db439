#pragma once

#include <optional>
#include <string>
#include <variant>

#include "http/message.h"
#include "models/served_model.h"
#include "transforms/payload.h"

namespace keelrow::serve {

/// The body of POST /predict, understood. Of a bare network the payload is its input, a tensor with
/// the axis of rows.
struct PredictRequest {
  transforms::Payload payload;
  std::string request_id;  // the client's, or that of the HTTP request
};

/// The body read in the form that its content type names, or the refusal that is the answer.
/// Hostile input: nothing is thrown, nothing recurses deeper than JsonLimits.
std::variant<PredictRequest, http::Response> ReadPredictRequest(const models::ServedModel& model,
                                                                int64_t pixels_max,
                                                                const http::Request& request);

/// Base64, or a data: URL that holds it (RFC 2397). Line breaks, as `base64 FILE` makes them, are
/// let through.
std::optional<std::string> DecodeText(std::string text);

/// 422: the input was read, but cannot be used.
http::Response UnusableInput(Code code, const std::string& message);

}  // namespace keelrow::serve
