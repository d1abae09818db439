#pragma once

#include "serve/signature.h"

namespace keelrow::serve {

/// What MLflow's and SageMaker's routes take and give, for the API's description.
Json DescribeInvocations(const std::vector<LoadedVersion>& loaded);

}  // namespace keelrow::serve
