#pragma once

#include "protocols/protocols.h"

namespace keelrow::protocols {

/// OpenAPI 3.1 of `routes`, with the signatures of what is loaded and examples that it answers.
Json DescribeApi(const std::vector<http::Route>& routes,
                 const std::vector<predictions::LoadedVersion>& loaded);

}  // namespace keelrow::protocols
