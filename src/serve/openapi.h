#pragma once

#include "serve/protocols.h"

namespace keelrow::serve {

/// GET /openapi.json, made from the list of routes and what the protocols say of their own.
std::vector<http::Route> OpenApiRoutes(ServeContext& context);

/// OpenAPI 3.1 of `routes`; `model` may be null.
Json DescribeApi(const std::vector<http::Route>& routes, const LoadedModel* model);

}  // namespace keelrow::serve
