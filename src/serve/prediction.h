#pragma once

#include "serve/context.h"

namespace keelrow::serve {

/// What a protocol adds to a prediction: how a request is read, how it is answered, how it is
/// refused. The rest is the same for all and done once, here: the loaded model or 503, one
/// version for the whole request, errors, latency and counters.
struct PredictionProtocol {
  /// Throws Error for what cannot be answered.
  http::Response (*answer)(const LoadedModel& model, const http::Request& request);
  /// An error in the protocol's own shape.
  http::Response (*refuse)(const Error& error);
};

/// `context` must outlive the handler.
http::Handler PredictionHandler(ServeContext& context, PredictionProtocol protocol);

}  // namespace keelrow::serve
