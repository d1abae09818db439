#include <fmt/format.h>

#include <cmath>

#include "report/charts.h"
#include "report/html.h"
#include "report/page.h"
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

constexpr std::string_view kKey =
    "<p class=\"quiet\">Blue, solid and pale, reaches to the accuracy of a bin's predictions. The "
    "pale piece is how far accuracy exceeds their confidence, an orange one how far confidence "
    "exceeds accuracy; on the dashed line there is neither. Bins with fewer than ten predictions "
    "are faint. The lower axis is a square root.</p>";

std::string Facts(const evaluate::Evaluation& evaluation) {
  const Means means = MeansOf(evaluation.reliability);
  const auto log_loss = evaluation.metrics.find("log_loss");
  return FactList(
      {{"Calibration error", Percent(evaluate::ExpectedCalibrationError(evaluation.reliability))},
       {"Log loss", log_loss == evaluation.metrics.end() ? "" : Number(log_loss->second)},
       {"Mean confidence", Percent(means.confidence)},
       {"Accuracy", Percent(means.accuracy)}});
}

std::string Sentence(const evaluate::Evaluation& evaluation) {
  const Means means = MeansOf(evaluation.reliability);
  return std::string(Judgement(means.confidence - means.accuracy));
}

std::string Half(std::string_view title, const evaluate::Evaluation& evaluation) {
  return fmt::format("<div><h3>{}</h3>{}<p class=\"quiet\">{}</p>{}</div>", title,
                     Figure(DrawReliability(evaluation.reliability), ""), Sentence(evaluation),
                     Facts(evaluation));
}

std::string BeforeAndAfter(const Calibration& calibration, const evaluate::Evaluation& after) {
  return fmt::format(
      "<p>The logits are divided by a temperature of {:.4g}, fitted to the validation examples. "
      "The "
      "answers stay the same; how sure they are does not.</p><div class=\"pair\">{}{}</div>{}",
      calibration.temperature, Half("Before", calibration.before), Half("After", after), kKey);
}

}  // namespace

std::string ReliabilitySection(const ReportInput& input) {
  const evaluate::Evaluation& test = input.test;
  if (test.reliability.empty()) return "";
  if (input.calibration) return BeforeAndAfter(*input.calibration, test);
  return fmt::format("<div class=\"aside\">{}<div><h3>{}</h3>{}{}</div></div>",
                     Figure(DrawReliability(test.reliability), ""), Sentence(test), Facts(test),
                     kKey);
}

}  // namespace keelrow::report
