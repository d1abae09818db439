#pragma once

// What the soak measures: memory over time, and what its clients saw.

#include <fmt/format.h>
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/files.h"

namespace keelrow::tests {

inline size_t ResidentBytes(pid_t process) {
  const std::string statm = ReadFile(fmt::format("/proc/{}/statm", process));
  return std::stoull(statm.substr(statm.find(' ') + 1)) * 4096;
}

/// Resident memory over time, and how fast it grows.
class Memory {
 public:
  void Sample(double seconds, pid_t process) {
    points_.push_back({seconds, static_cast<double>(ResidentBytes(process)) / 1e6});
  }
  /// MB an hour by least squares over the second half, when everything has been used once.
  double Slope() const {
    const std::vector<Point> late(points_.begin() + static_cast<std::ptrdiff_t>(points_.size() / 2),
                                  points_.end());
    const auto n = static_cast<double>(late.size());
    double x = 0, y = 0, xx = 0, xy = 0;
    for (const Point& point : late) {
      x += point.seconds;
      y += point.megabytes;
      xx += point.seconds * point.seconds;
      xy += point.seconds * point.megabytes;
    }
    return 3600 * (n * xy - x * y) / (n * xx - x * x);
  }
  double First() const { return points_[points_.size() / 2].megabytes; }
  double Last() const { return points_.back().megabytes; }
  std::string Text() const {
    return fmt::format("{:.1f} to {:.1f} MB ({:+.1f} MB/h)", First(), Last(), Slope());
  }

 private:
  struct Point {
    double seconds;
    double megabytes;
  };
  std::vector<Point> points_;
};

/// What the clients saw. Thread-safe.
class SoakTally {
 public:
  /// `failure`: empty for a right answer.
  void Count(const std::string& failure, float milliseconds) {
    const std::lock_guard lock(mutex_);
    milliseconds_.push_back(milliseconds);
    if (!failure.empty()) ++failures_[failure];
  }
  void CountWrong() { ++wrong_; }
  int64_t Wrong() const { return wrong_; }

  // These when all clients have ended.
  size_t Asked() const { return milliseconds_.size(); }
  const std::map<std::string, int>& Failures() const { return failures_; }
  double Availability() const {
    double failed = 0;
    for (const auto& [failure, times] : failures_) failed += times;
    return 1 - failed / static_cast<double>(std::max<size_t>(Asked(), 1));
  }
  double Quantile(double q) {
    std::ranges::sort(milliseconds_);
    return milliseconds_[static_cast<size_t>(q * static_cast<double>(milliseconds_.size() - 1))];
  }

 private:
  std::atomic<int64_t> wrong_{0};
  std::mutex mutex_;
  std::vector<float> milliseconds_;
  std::map<std::string, int> failures_;
};

}  // namespace keelrow::tests
