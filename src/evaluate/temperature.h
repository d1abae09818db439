#pragma once

#include <span>
#include <vector>

namespace keelrow::evaluate {

/// The network's output for one example whose truth is known, one number a class: what is
/// calibrated before it becomes probabilities.
struct Output {
  int truth = 0;
  std::vector<float> logits;
};

/// Where the search ends; a validation set without a single mistake would ask for 0, one that the
/// model knows nothing about for infinity.
inline constexpr double kTemperatureMin = 0.05;
inline constexpr double kTemperatureMax = 20;

/// Mean of -ln(softmax(logits / temperature)[truth]), in nats.
double LogLossAt(std::span<const Output> outputs, double temperature);

/// The one number that all logits are divided by so that the probabilities fit the outcomes best:
/// the minimum of LogLossAt (Guo et al. 2017, "On Calibration of Modern Neural Networks"). The
/// order of classes, and so every answer's label, stays as it is. Throws kNoData for no outputs.
double FitTemperature(std::span<const Output> outputs);

}  // namespace keelrow::evaluate
