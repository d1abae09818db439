#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/prediction.h"

namespace keelrow::evaluate {

/// Fifteen bins, as in Guo et al. 2017, "On Calibration of Modern Neural Networks".
inline constexpr size_t kReliabilityBins = 15;

/// The predictions whose confidence lies in one of the equal intervals ]i/15, (i+1)/15]: how sure
/// the model was on average, and how often it was right. Both are 0 in an empty bin.
struct ReliabilityBin {
  uint64_t count = 0;
  double confidence = 0;
  double accuracy = 0;
  bool operator==(const ReliabilityBin&) const = default;
};

/// kReliabilityBins bins in ascending order.
std::vector<ReliabilityBin> ReliabilityBins(std::span<const Prediction> predictions);
/// The mean of |accuracy - confidence|, weighted by the bins' counts; in [0, 1].
double ExpectedCalibrationError(std::span<const ReliabilityBin> bins);

}  // namespace keelrow::evaluate
