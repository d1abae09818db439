#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "project/training.h"

namespace keelrow::train {

/// Where the training is when the rate of a step is asked for.
struct ScheduleSpan {
  int64_t steps;            // of the whole training
  int64_t steps_per_epoch;  // at least 1
};

/// A point of a curve, after the warm-up.
struct CurvePoint {
  double progress;  // 0 at the end of the warm-up … 1 after the last step
  int64_t epoch;    // from 0
};

/// One row of the table of curves: a factor on the highest rate.
struct Schedule {
  std::string_view name;
  double (*factor)(const project::ScheduleConfig& config, const CurvePoint& point);
};

std::span<const Schedule> Schedules();

/// The factor, 0 … 1, on the highest rate at step `step` (from 0). During the warm-up of w steps it
/// is (step + 1) / w. Throws kBadValue for a name without a row.
double RateFactor(const project::ScheduleConfig& config, const ScheduleSpan& span, int64_t step);

}  // namespace keelrow::train
