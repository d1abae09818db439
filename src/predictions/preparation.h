#pragma once

#include <string>
#include <vector>

#include "predictions/prediction.h"

namespace keelrow::predictions {

/// The examples of a question, as the network takes them.
struct Prepared {
  Tensor input = {};                     // of all that can be used; without a shape: of none
  std::vector<int64_t> looks = {};       // rows of each example; 0: it cannot be used
  std::vector<std::string> faults = {};  // of each that was brought; "": none
};

/// Brings the examples that lie elsewhere, and runs the bundle's preprocessing over all. Throws
/// kBadExample of a bare network, kLimit for a picture of more than `pixels_max` pixels, and what
/// the preprocessing throws; of an example that was brought such a fault is its own.
Prepared Prepare(const models::ServedModel& model, Question& question, int64_t pixels_max);

}  // namespace keelrow::predictions
