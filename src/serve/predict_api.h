#pragma once

#include "serve/context.h"

namespace keelrow::serve {

/// What POST /predict takes and gives, for the API's description; `model` may be null.
Json DescribePredict(const models::ServedModel* model);

}  // namespace keelrow::serve
