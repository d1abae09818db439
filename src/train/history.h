#pragma once

#include <optional>
#include <vector>

#include "base/json.h"

namespace keelrow::train {

/// What one epoch came to.
struct EpochRecord {
  int epoch = 0;     // from 1
  int64_t step = 0;  // steps done since the beginning
  double rate = 0;   // learning rate of the last step
  double train_loss = 0;
  std::optional<double> validation_loss;  // empty without validation examples
  std::optional<double> validation_accuracy;
};

/// All epochs so far; it decides which was best and when to stop early. JSON keeps every bit of
/// its numbers, so it may live in a checkpoint.
class History {
 public:
  void Add(const EpochRecord& record) { epochs_.push_back(record); }

  const std::vector<EpochRecord>& epochs() const { return epochs_; }
  /// The first epoch with the lowest validation loss; null without any.
  const EpochRecord* Best() const;
  bool LastIsBest() const { return !epochs_.empty() && Best() == &epochs_.back(); }
  /// Of the epochs that have one, in order.
  std::vector<double> ValidationLosses() const;
  /// True once `patience` epochs have passed since the best one; never when it is 0.
  bool ShouldStop(int patience) const;

  /// A list of {"epoch", "step", "lr", "train.loss", "validation.loss", "validation.accuracy"}.
  Json ToJson() const;
  static History FromJson(const Json& json);

 private:
  std::vector<EpochRecord> epochs_;
};

}  // namespace keelrow::train
