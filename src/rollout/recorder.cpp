#include "rollout/recorder.h"

#include <algorithm>

namespace keelrow::rollout {
namespace {

constexpr std::chrono::seconds kSlot{1};

Tally& TallyOf(Sides& sides, Side side) {
  return side == Side::kStable ? sides.stable : sides.candidate;
}

}  // namespace

template <class Count>
void Recorder::CountIn(Time now, Count count) {
  const std::lock_guard lock(mutex_);
  if (slots_.empty() || now - slots_.back().began >= kSlot) slots_.push_back({.began = now});
  while (slots_.front().began + window_ < now) slots_.pop_front();
  count(slots_.back().sides);
  count(step_);
}

void Recorder::Begin(Side side, Time began, int64_t rows) {
  if (side != Side::kCandidate) return;
  const std::lock_guard lock(mutex_);
  under_way_.emplace(began, rows);
}

void Recorder::Suspend(Side side, Time began, int64_t rows) {
  if (side != Side::kCandidate) return;
  const std::lock_guard lock(mutex_);
  const auto found = under_way_.find({began, rows});
  if (found != under_way_.end()) under_way_.erase(found);
}

bool Recorder::SaysHowLong(const Outcome& outcome, std::chrono::nanoseconds by_row) const {
  // What was refused or remembered was not computed: it would make a version look fast.
  if (outcome.result == Result::kRefused || !outcome.computed) return false;
  // Who left early says nothing; who left after the time that is allowed, that it was too slow.
  return outcome.result != Result::kLeft || (latency_.count() > 0 && by_row > latency_);
}

void Recorder::End(const Outcome& outcome, Time began, Time now) {
  CountIn(now, [&](Sides& sides) {
    Tally& tally = TallyOf(sides, outcome.side);
    tally.Count(outcome.result);
    const auto by_row = (now - began) / outcome.rows;
    if (SaysHowLong(outcome, by_row)) tally.latencies.Add(by_row);
    for (const std::string& label : outcome.labels) tally.CountLabel(label);
  });
  Suspend(outcome.side, began, outcome.rows);
}

void Recorder::Compare(const Shadowed& shadowed, Time now) {
  CountIn(now, [&](Sides& sides) {
    ++sides.shadow.compared;
    sides.shadow.agreed += shadowed.stable_label == shadowed.candidate_label ? 1 : 0;
    sides.shadow.distance += shadowed.distance;
    sides.stable.CountLabel(shadowed.stable_label);
    sides.candidate.CountLabel(shadowed.candidate_label);
    sides.candidate.Count(Result::kAnswered);
  });
}

void Recorder::CompareFailed(Time now) {
  CountIn(now, [](Sides& sides) {
    ++sides.shadow.failed;
    sides.candidate.Count(Result::kFailed);
  });
}

void Recorder::PassOver(Time now) {
  CountIn(now, [](Sides& sides) { ++sides.shadow.passed_over; });
}

Evidence Recorder::Seen(Time now) const {
  const std::lock_guard lock(mutex_);
  Evidence evidence{.recent = {}, .step = step_};
  for (const Slot& slot : slots_) {
    if (slot.began + window_ >= now) evidence.recent.Add(slot.sides);
  }
  if (latency_.count() > 0) {
    evidence.recent.candidate.overdue =
        static_cast<uint64_t>(std::ranges::count_if(under_way_, [&](const auto& request) {
          const auto& [began, rows] = request;
          return now - began >= latency_ * rows;
        }));
  }
  return evidence;
}

}  // namespace keelrow::rollout
