#pragma once

#include <chrono>
#include <optional>

#include "job/step_job.h"

namespace keelrow::train {

/// Where the training is.
struct ProgressPoint {
  int epoch;  // from 1
  int epochs;
  int64_t step;      // done since the beginning, earlier processes included
  int64_t examples;  // that this process has trained on
  double loss;       // mean of the epoch so far
};

/// Turns steps into progress lines ("epoch 3/10  loss 0.0812  12,345 img/s"), at most one each
/// kPeriod. Speed and time left are those of this process. For one thread.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kPeriod{250};

  struct Span {
    int64_t first_step;  // where this process begins: more than 0 when it resumes
    int64_t steps;       // of the whole training
  };

  Progress(const Span& span, Clock::time_point now) : span_(span), start_(now), last_(now) {}

  /// Empty when the last line was less than kPeriod ago.
  std::optional<job::StepEvent> At(const ProgressPoint& point, Clock::time_point now);

 private:
  const Span span_;
  const Clock::time_point start_;
  Clock::time_point last_;
  int64_t last_examples_ = 0;
};

/// "12,345".
std::string WithSeparators(int64_t number);

}  // namespace keelrow::train
