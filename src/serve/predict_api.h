#pragma once

#include "serve/model_slot.h"

namespace keelrow::serve {

/// What POST /predict takes and gives, for the API's description; `model` may be null.
Json DescribePredict(const LoadedModel* model);

}  // namespace keelrow::serve
