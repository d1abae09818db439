#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace keelrow::train {
namespace {

using Config = project::ScheduleConfig;

// Of `step`, unless the project says otherwise.
constexpr int kStairEpochs = 10;
constexpr double kStairFactor = 0.1;

double Constant(const Config&, const CurvePoint&) {
  return 1;
}

double Cosine(const Config&, const CurvePoint& point) {
  return 0.5 * (1 + std::cos(std::numbers::pi * point.progress));
}

double Stairs(const Config& config, const CurvePoint& point) {
  const auto stairs = point.epoch / config.step_epochs.value_or(kStairEpochs);
  return std::pow(config.step_factor.value_or(kStairFactor), static_cast<double>(stairs));
}

constexpr Schedule kSchedules[] = {
    {"constant", &Constant},
    {"cosine", &Cosine},
    {"step", &Stairs},
};

const Schedule& FindSchedule(const std::string& name) {
  const auto row = std::ranges::find(kSchedules, name, &Schedule::name);
  if (row != std::end(kSchedules)) return *row;
  throw Error(Code::kBadValue, "there is no schedule `" + name + "`");
}

}  // namespace

std::span<const Schedule> Schedules() {
  return kSchedules;
}

double RateFactor(const Config& config, const ScheduleSpan& span, int64_t step) {
  const auto warmup_steps = std::llround(config.warmup * static_cast<double>(span.steps));
  if (step < warmup_steps) {
    return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  const auto steps_after = std::max<int64_t>(1, span.steps - warmup_steps);
  const CurvePoint point{
      .progress = static_cast<double>(step - warmup_steps) / static_cast<double>(steps_after),
      .epoch = step / span.steps_per_epoch};
  return FindSchedule(config.name.value).factor(config, point);
}

}  // namespace keelrow::train
