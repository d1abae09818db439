#include "evaluate/temperature.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

double LogLoss(const Output& output, double temperature) {
  const double top = *std::ranges::max_element(output.logits);
  double sum = 0;
  for (const float logit : output.logits) sum += std::exp((logit - top) / temperature);
  const double truth = output.logits[static_cast<size_t>(output.truth)];
  return std::log(sum) - (truth - top) / temperature;
}

}  // namespace

double LogLossAt(std::span<const Output> outputs, double temperature) {
  double sum = 0;
  for (const Output& output : outputs) sum += LogLoss(output, temperature);
  return sum / static_cast<double>(outputs.size());
}

/// The loss is convex in 1 / temperature, so it has one valley in the logarithm too, and a golden
/// section finds it without derivatives (Kiefer 1953). Each round leaves 0.618 of the interval.
double FitTemperature(std::span<const Output> outputs) {
  if (outputs.empty()) throw Error(Code::kNoData, "there are no outputs to fit a temperature to");
  constexpr int kRounds = 40;  // to 3e-8 of the logarithm, where the loss no longer tells
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const auto loss = [&](double log) { return LogLossAt(outputs, std::exp(log)); };
  double low = std::log(kTemperatureMin);
  double high = std::log(kTemperatureMax);
  double left = high - golden * (high - low);
  double right = low + golden * (high - low);
  double loss_left = loss(left);
  double loss_right = loss(right);
  for (int round = 0; round < kRounds; ++round) {
    if (loss_left <= loss_right) {
      high = std::exchange(right, left);
      loss_right = loss_left;
      loss_left = loss(left = high - golden * (high - low));
    } else {
      low = std::exchange(left, right);
      loss_left = loss_right;
      loss_right = loss(right = low + golden * (high - low));
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace keelrow::evaluate
