#pragma once

#include "predictions/context.h"

namespace keelrow::protocols {

/// Label Studio asks POST /predict, as we do, with a body of its own: an object with `tasks` and
/// without `input_data`. Looks at the body's text alone, so that it costs our own bodies nothing to
/// speak of.
bool IsLabelStudioBody(std::string_view body);

/// Answers such a body.
http::Handler LabelStudioPredict(predictions::ServeContext& context);

}  // namespace keelrow::protocols
