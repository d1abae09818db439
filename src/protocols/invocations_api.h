#pragma once

#include "predictions/signature.h"

namespace keelrow::protocols {

/// What MLflow's and SageMaker's routes take and give, for the API's description.
Json DescribeInvocations(const std::vector<predictions::LoadedVersion>& loaded);

}  // namespace keelrow::protocols
