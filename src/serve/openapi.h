#pragma once

#include "serve/protocols.h"

namespace keelrow::serve {

/// OpenAPI 3.1 of `routes`; `model` may be null.
Json DescribeApi(const std::vector<http::Route>& routes, const models::ServedModel* model);

}  // namespace keelrow::serve
