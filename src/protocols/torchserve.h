#pragma once

#include "http/router.h"
#include "predictions/handlers.h"
#include "predictions/prediction.h"

namespace keelrow::protocols {

/// {"code", "type", "message"}, as TorchServe answers.
http::Response TorchServeError(const Error& error);
http::Response TorchServeError(int status, std::string_view type, std::string_view message);

/// A handler of this protocol's: what it throws is answered so.
http::Handler TorchServeHandler(predictions::Answerer function);

}  // namespace keelrow::protocols
