#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rollout/evidence.h"

namespace keelrow::rollout {

using Time = std::chrono::steady_clock::time_point;

enum class Side { kStable, kCandidate };

/// An answer that has been given.
struct Outcome {
  Side side = Side::kStable;
  Result result = Result::kAnswered;
  std::vector<std::string> labels = {};  // the top one of each example, if there are labels
  int64_t rows = 1;                      // it was asked about
  bool computed = true;                  // false: it was remembered, which takes no version long
};

/// What one replica sees of one step of a rollout: the last seconds and the whole. A request of the
/// candidate that is still under way counts as soon as it is late, so that a version which never
/// answers is noticed too. Latency is a request's time by its rows: a client that asks about a
/// thousand at once makes no version slow. Thread-safe; times are given.
class Recorder {
 public:
  Recorder(std::chrono::milliseconds window, std::chrono::milliseconds latency)
      : window_(window), latency_(latency) {}

  /// A request's time begins, and it ends; both for each, with the same side, time and rows.
  void Begin(Side side, Time began, int64_t rows = 1);
  void End(const Outcome& outcome, Time began, Time now);
  /// It waits for others than the version; Begin follows, perhaps with another time and more rows.
  void Suspend(Side side, Time began, int64_t rows = 1);

  /// A shadow's answer beside the one that was given.
  struct Shadowed {
    std::string stable_label;
    std::string candidate_label;
    double distance = 0;
  };
  void Compare(const Shadowed& shadowed, Time now);
  void CompareFailed(Time now);
  void PassOver(Time now);

  Evidence Seen(Time now) const;

 private:
  /// What was counted in one second, or so.
  struct Slot {
    Time began;
    Sides sides;
  };
  bool SaysHowLong(const Outcome& outcome, std::chrono::nanoseconds by_row) const;
  template <class Count>
  void CountIn(Time now, Count count);

  const std::chrono::milliseconds window_;
  const std::chrono::milliseconds latency_;  // 0: nothing is overdue
  mutable std::mutex mutex_;
  std::deque<Slot> slots_;  // oldest first, none older than the window
  Sides step_;
  std::multiset<std::pair<Time, int64_t>> under_way_;  // of the candidate: since when, and rows
};

}  // namespace keelrow::rollout
