#include "evaluate/confusion.h"

namespace keelrow::evaluate {
namespace {

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(size_t classes) : classes_(classes), counts_(classes * classes) {}

ConfusionMatrix::ConfusionMatrix(std::span<const Prediction> predictions, size_t classes)
    : ConfusionMatrix(classes) {
  for (const Prediction& prediction : predictions) {
    Add(static_cast<size_t>(prediction.truth), PredictedClass(prediction));
  }
}

void ConfusionMatrix::Add(size_t truth, size_t predicted, uint64_t count) {
  counts_[truth * classes_ + predicted] += count;
}

uint64_t ConfusionMatrix::Support(size_t truth) const {
  uint64_t sum = 0;
  for (size_t predicted = 0; predicted < classes_; ++predicted) sum += at(truth, predicted);
  return sum;
}

uint64_t ConfusionMatrix::Predicted(size_t predicted) const {
  uint64_t sum = 0;
  for (size_t truth = 0; truth < classes_; ++truth) sum += at(truth, predicted);
  return sum;
}

uint64_t ConfusionMatrix::Correct() const {
  uint64_t sum = 0;
  for (size_t c = 0; c < classes_; ++c) sum += at(c, c);
  return sum;
}

uint64_t ConfusionMatrix::Total() const {
  uint64_t sum = 0;
  for (const uint64_t count : counts_) sum += count;
  return sum;
}

std::vector<ClassScores> ScoreClasses(const ConfusionMatrix& confusion) {
  std::vector<ClassScores> scores;
  for (size_t c = 0; c < confusion.classes(); ++c) {
    const uint64_t support = confusion.Support(c);
    const uint64_t predicted = confusion.Predicted(c);
    scores.push_back({.precision = Share(confusion.at(c, c), predicted),
                      .recall = Share(confusion.at(c, c), support),
                      .f1 = Share(2 * confusion.at(c, c), support + predicted),
                      .support = support});
  }
  return scores;
}

}  // namespace keelrow::evaluate
