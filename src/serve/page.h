#pragma once

#include "serve/protocols.h"

namespace keelrow::serve {

/// GET /, the page where an input is tried out, and GET /api/model, what it shows of the model.
std::vector<http::Route> PageRoutes(ServeContext& context);

}  // namespace keelrow::serve
