#pragma once

#include "serve/signature.h"

namespace keelrow::serve {

/// What POST /predict takes and gives, for the API's description.
Json DescribePredict(const std::vector<LoadedVersion>& loaded);

}  // namespace keelrow::serve
