#pragma once

#include "predictions/signature.h"

namespace keelrow::protocols {

/// What Label Studio sends and is given, for the API's description.
Json DescribeLabelStudio(const std::vector<predictions::LoadedVersion>& loaded);

}  // namespace keelrow::protocols
