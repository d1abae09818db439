#pragma once

#include "serve/signature.h"

namespace keelrow::serve {

/// What Label Studio sends and is given, for the API's description.
Json DescribeLabelStudio(const std::vector<LoadedVersion>& loaded);

}  // namespace keelrow::serve
