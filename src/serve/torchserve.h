#pragma once

#include "http/router.h"
#include "serve/handlers.h"
#include "serve/prediction.h"

namespace keelrow::serve {

/// {"code", "type", "message"}, as TorchServe answers.
http::Response TorchServeError(const Error& error);
http::Response TorchServeError(int status, std::string_view type, std::string_view message);

/// A handler of this protocol's: what it throws is answered so.
http::Handler TorchServeHandler(Answerer function);

}  // namespace keelrow::serve
