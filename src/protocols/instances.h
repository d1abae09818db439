#pragma once

#include "open_inference/infer.h"

namespace keelrow::protocols {

/// Lists of examples as JSON has them, for the protocols that carry rows and not named tensors
/// (KServe v1, MLflow, SageMaker, TorchServe).

/// An example of a bundle is a file: {"b64": text} (perhaps inside of an object with that one
/// member), Base64 text, or a data: URL; or nested numbers in the bundle's decoded form. One of a
/// bare network is its input's row as nested numbers, or {name: numbers, …} for each of its inputs.
/// Throws kBadExample.
predictions::Question QuestionOfInstances(const models::ServedModel& model, const Json& instances);

/// A whole file.
predictions::Question QuestionOfFile(const models::ServedModel& model, std::string file);

/// {name: all rows of this input, …}.
predictions::Question QuestionOfColumns(const models::ServedModel& model, const Json& inputs);

/// One answer a row: {"label", "probabilities"} of a bundle; numbers of a bare network, or {name:
/// numbers, …} where it has several outputs.
Json PredictionsOf(const predictions::Answer& answer);

}  // namespace keelrow::protocols
