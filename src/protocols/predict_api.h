#pragma once

#include "predictions/signature.h"

namespace keelrow::protocols {

/// What POST /predict takes and gives, for the API's description.
Json DescribePredict(const std::vector<predictions::LoadedVersion>& loaded);

}  // namespace keelrow::protocols
