#pragma once

#include "train/torch_tensors.h"

namespace keelrow::train {

/// An exponential moving average of parameters, running statistics included; counters are copied.
/// Early on the decay is lowered to (1 + step) / (10 + step) (TensorFlow's rule), so that a short
/// training does not drag its random start along.
class Ema {
 public:
  /// `decay` in (0, 1). Starts as a copy of `live`.
  Ema(double decay, const Parameters& live);

  /// After optimizer step `step` (from 0); called with gradients switched off.
  void Update(const Parameters& live, int64_t step);

  /// Shaped and laid out as the live ones; a resumed training writes into them.
  const Parameters& parameters() const { return average_; }

 private:
  double decay_;
  Parameters average_;
};

/// Copies with their memory layout, without gradients.
Parameters Copy(const Parameters& parameters);

}  // namespace keelrow::train
