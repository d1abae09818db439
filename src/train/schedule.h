#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "project/training.h"

namespace keelrow::train {

/// Where the training is when the rate of a step is asked for.
struct SchedulePoint {
  int64_t step = 0;                                // from 0
  int64_t steps = 1;                               // of the whole training
  int64_t steps_per_epoch = 1;                     // at least 1
  std::span<const double> validation_losses = {};  // of the epochs that are over
};

/// One row of the table of curves: a factor, 0 … 1, on the highest rate.
struct Schedule {
  std::string_view name;
  double (*factor)(const project::ScheduleConfig& config, const SchedulePoint& point);
};

std::span<const Schedule> Schedules();

/// Throws kBadValue for a name without a row.
const Schedule& FindSchedule(const std::string& name);

}  // namespace keelrow::train
