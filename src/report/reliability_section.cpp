#include <fmt/format.h>

#include <cmath>

#include "report/charts.h"
#include "report/html.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::ReliabilityBin;

struct Means {
  double confidence = 0;
  double accuracy = 0;
};

Means MeansOf(const std::vector<ReliabilityBin>& bins) {
  Means sums;
  double count = 0;
  for (const ReliabilityBin& bin : bins) {
    const auto n = static_cast<double>(bin.count);
    count += n;
    sums.confidence += n * bin.confidence;
    sums.accuracy += n * bin.accuracy;
  }
  return count == 0 ? Means{} : Means{sums.confidence / count, sums.accuracy / count};
}

std::string_view Judgement(double excess) {
  constexpr double kEven = 0.005;  // half a percentage point
  if (std::abs(excess) < kEven) return "On the whole the model is as sure as it should be.";
  return excess > 0 ? "On the whole the model is surer than it should be."
                    : "On the whole the model is less sure than it could be.";
}

}  // namespace

std::string ReliabilitySection(const ReportInput& input) {
  const auto& bins = input.test.reliability;
  if (bins.empty()) return "";
  const Means means = MeansOf(bins);
  const std::string facts =
      FactList({{"Calibration error", Percent(evaluate::ExpectedCalibrationError(bins))},
                {"Mean confidence", Percent(means.confidence)},
                {"Accuracy", Percent(means.accuracy)}});
  return fmt::format(
      "<div class=\"aside\">{}<div><h3>{}</h3>{}<p class=\"quiet\">Blue, solid and pale, reaches "
      "to "
      "the accuracy of a bin's predictions. The pale piece is how far accuracy exceeds their "
      "confidence, an orange one how far confidence exceeds accuracy; on the dashed line there is "
      "neither. Bins with fewer than ten predictions are faint. The lower axis is a square root."
      "</p></div></div>",
      Figure(DrawReliability(bins), ""), Judgement(means.confidence - means.accuracy), facts);
}

}  // namespace keelrow::report
