#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"

namespace keelrow::train {
namespace {

using Config = project::ScheduleConfig;

// Unless the project says otherwise.
constexpr double kWarmup = 0.1;
constexpr int kStairEpochs = 10;
constexpr double kStairFactor = 0.1;
// PyTorch's defaults of OneCycleLR and ReduceLROnPlateau.
constexpr double kOneCycleRise = 0.3;
constexpr double kOneCycleStart = 1.0 / 25;
constexpr double kOneCycleEnd = kOneCycleStart / 1e4;
constexpr int kPlateauEpochs = 10;
constexpr double kPlateauFactor = 0.1;
constexpr double kPlateauThreshold = 1e-4;  // a relative gain below it is none

/// From 1 at progress 0 along half a cosine to 0 at progress 1.
double HalfCosine(double progress) {
  return 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

int64_t WarmupSteps(const Config& config, const SchedulePoint& point) {
  return std::llround(config.warmup.value_or(kWarmup) * static_cast<double>(point.steps));
}

double Constant(const Config&, const SchedulePoint&) {
  return 1;
}

double Cosine(const Config& config, const SchedulePoint& point) {
  const int64_t warmup = WarmupSteps(config, point);
  const auto steps_after = std::max<int64_t>(1, point.steps - warmup);
  return HalfCosine(static_cast<double>(point.step - warmup) / static_cast<double>(steps_after));
}

double Stairs(const Config& config, const SchedulePoint& point) {
  const auto stairs =
      point.step / point.steps_per_epoch / config.step_epochs.value_or(kStairEpochs);
  return std::pow(config.step_factor.value_or(kStairFactor), static_cast<double>(stairs));
}

/// As ReduceLROnPlateau counts: more than `plateau_epochs` epochs without a new best.
double Plateau(const Config& config, const SchedulePoint& point) {
  const int patience = config.plateau_epochs.value_or(kPlateauEpochs);
  double best = std::numeric_limits<double>::infinity();
  double factor = 1;
  int waited = 0;
  for (const double loss : point.validation_losses) {
    const bool better = loss < best * (1 - kPlateauThreshold);
    if (better) best = loss;
    waited = better ? 0 : waited + 1;
    if (waited <= patience) continue;
    factor *= config.plateau_factor.value_or(kPlateauFactor);
    waited = 0;
  }
  return factor;
}

/// The curve behind a linear warm-up of w steps, whose factor is (step + 1) / w.
template <double (*curve)(const Config&, const SchedulePoint&)>
double Warmed(const Config& config, const SchedulePoint& point) {
  const int64_t warmup = WarmupSteps(config, point);
  if (point.step >= warmup) return curve(config, point);
  return static_cast<double>(point.step + 1) / static_cast<double>(warmup);
}

/// PyTorch's OneCycleLR with cosine annealing. The momentum stays as it is.
double OneCycle(const Config& config, const SchedulePoint& point) {
  const auto last = static_cast<double>(point.steps - 1);
  const double top =
      std::max(0.0, config.warmup.value_or(kOneCycleRise) * static_cast<double>(point.steps) - 1);
  const auto step = static_cast<double>(point.step);
  if (step < top) return 1 - (1 - kOneCycleStart) * HalfCosine(step / top);
  const double progress = last > top ? (step - top) / (last - top) : 1;
  return kOneCycleEnd + (1 - kOneCycleEnd) * HalfCosine(progress);
}

constexpr Schedule kSchedules[] = {
    {"constant", Warmed<Constant>}, {"cosine", Warmed<Cosine>}, {"one_cycle", OneCycle},
    {"plateau", Warmed<Plateau>},   {"step", Warmed<Stairs>},
};

}  // namespace

std::span<const Schedule> Schedules() {
  return kSchedules;
}

const Schedule& FindSchedule(const std::string& name) {
  const auto row = std::ranges::find(kSchedules, name, &Schedule::name);
  if (row != std::end(kSchedules)) return *row;
  throw Error(Code::kBadValue, "there is no schedule `" + name + "`");
}

}  // namespace keelrow::train
