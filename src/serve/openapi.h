#pragma once

#include "serve/protocols.h"

namespace keelrow::serve {

/// OpenAPI 3.1 of `routes`, with the signatures of what is loaded and examples that it answers.
Json DescribeApi(const std::vector<http::Route>& routes, const std::vector<LoadedVersion>& loaded);

}  // namespace keelrow::serve
