#include "evaluate/calibration.h"

#include <algorithm>
#include <cmath>

namespace keelrow::evaluate {
namespace {

size_t BinOf(double confidence) {
  const double edge = std::ceil(confidence * static_cast<double>(kReliabilityBins));
  return static_cast<size_t>(std::clamp(edge, 1.0, static_cast<double>(kReliabilityBins))) - 1;
}

}  // namespace

std::vector<ReliabilityBin> ReliabilityBins(std::span<const Prediction> predictions) {
  std::vector<ReliabilityBin> bins(kReliabilityBins);
  for (const Prediction& prediction : predictions) {
    const double confidence = Confidence(prediction);
    ReliabilityBin& bin = bins[BinOf(confidence)];
    ++bin.count;
    bin.confidence += confidence;
    bin.accuracy += PredictedClass(prediction) == static_cast<size_t>(prediction.truth) ? 1 : 0;
  }
  for (ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    bin.confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
  }
  return bins;
}

double ExpectedCalibrationError(std::span<const ReliabilityBin> bins) {
  double total = 0;
  double weighted = 0;
  for (const ReliabilityBin& bin : bins) {
    total += static_cast<double>(bin.count);
    weighted += static_cast<double>(bin.count) * std::abs(bin.accuracy - bin.confidence);
  }
  return total == 0 ? 0.0 : weighted / total;
}

}  // namespace keelrow::evaluate
