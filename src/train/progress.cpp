#include "train/progress.h"

#include <fmt/format.h>

#include <cmath>

namespace keelrow::train {
namespace {

double Seconds(Progress::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::string WithSeparators(int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (auto i = static_cast<ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<size_t>(i), ",");
  }
  return digits;
}

std::optional<job::StepEvent> Progress::At(const ProgressPoint& point, Clock::time_point now) {
  if (now - last_ < kPeriod) return std::nullopt;
  const double rate = static_cast<double>(point.examples - last_examples_) / Seconds(now - last_);
  last_ = now;
  last_examples_ = point.examples;
  job::StepEvent event;
  event.fraction = static_cast<double>(point.step) / static_cast<double>(span_.steps);
  if (point.step > span_.first_step) {
    event.seconds_left = Seconds(now - start_) /
                         static_cast<double>(point.step - span_.first_step) *
                         static_cast<double>(span_.steps - point.step);
  }
  event.text = fmt::format("epoch {}/{}  loss {:.4f}  {} img/s", point.epoch, point.epochs,
                           point.loss, WithSeparators(std::llround(rate)));
  return event;
}

}  // namespace keelrow::train
