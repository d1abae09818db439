#pragma once

#include <string>

#include "predictions/context.h"

namespace keelrow::predictions {

/// Questions that a model answers, made from its signature alone, for the API's description. Each
/// has been tried as far as the model's own preprocessing goes. Where a form has no example (a
/// network of half floats has no JSON, and 150,000 numbers no place in a description) it is null,
/// or empty.

/// A small file that the bundle's preprocessing takes; empty for a bare network.
std::string ExampleFile(const models::ServedModel& model);

/// One row of numbers for each of the network's inputs, as many rows as it must have: nested lists
/// by the inputs' names. Null when one of them has no JSON or more than `kExampleNumbers` numbers.
Json ExampleTensors(const models::ServedModel& model);
inline constexpr int64_t kExampleNumbers = 1024;

/// What instances.h reads: a list of examples, files as {"b64": …}.
Json ExampleInstances(const models::ServedModel& model);

}  // namespace keelrow::predictions
