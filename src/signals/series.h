#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelrow::signals {

/// Values by their labels, for what is counted with every request. Finding one takes no lock and no
/// memory: readers walk an open-addressed table of pointers that only ever gains entries; a new one
/// is made under a mutex. There are at most `capacity`, whatever clients send: what comes later
/// shares one more, whose labels are all kOverflow. A reference lasts as long as the table.
/// Thread-safe.
template <class T, size_t kLabels>
class SeriesTable {
 public:
  using Labels = std::array<std::string_view, kLabels>;
  static constexpr std::string_view kOverflow = "other";

  explicit SeriesTable(size_t capacity)
      : capacity_(capacity), slots_(std::bit_ceil(2 * capacity)) {}

  /// Made of `arguments` where it is new.
  template <class... Arguments>
  T& Of(const Labels& labels, const Arguments&... arguments) {
    const size_t hash = HashOf(labels);
    if (Entry* found = Find(labels, hash)) return found->value;
    return Add(labels, hash, arguments...);
  }

  /// `visit(labels, value)` for each; what is added meanwhile may be missed.
  template <class Visit>
  void ForEach(const Visit& visit) const {
    for (const auto& slot : slots_) {
      if (const Entry* entry = slot.load(std::memory_order_acquire))
        visit(entry->labels, entry->value);
    }
    if (const Entry* entry = overflow_.load(std::memory_order_acquire)) {
      visit(entry->labels, entry->value);
    }
  }

 private:
  struct Entry {
    template <class... Arguments>
    explicit Entry(const Labels& given, const Arguments&... arguments) : value(arguments...) {
      for (size_t i = 0; i < kLabels; ++i) labels[i] = given[i];
    }
    std::array<std::string, kLabels> labels;
    T value;
  };

  static size_t HashOf(const Labels& labels) {
    size_t hash = 0;
    for (const std::string_view label : labels) {
      hash = std::rotl(hash, 17) ^ std::hash<std::string_view>()(label);
    }
    return hash;
  }

  /// The table is never more than half full, so that the walk ends.
  Entry* Find(const Labels& labels, size_t hash) const {
    for (size_t i = hash;; ++i) {
      Entry* entry = slots_[i & (slots_.size() - 1)].load(std::memory_order_acquire);
      if (entry == nullptr || Same(entry->labels, labels)) return entry;
    }
  }

  static bool Same(const std::array<std::string, kLabels>& have, const Labels& want) {
    for (size_t i = 0; i < kLabels; ++i) {
      if (have[i] != want[i]) return false;
    }
    return true;
  }

  template <class... Arguments>
  T& Add(const Labels& labels, size_t hash, const Arguments&... arguments) {
    // Once it is full, new labels are what a hostile client sends: no lock for those.
    if (Entry* shared = overflow_.load(std::memory_order_acquire)) return shared->value;
    const std::lock_guard lock(mutex_);
    if (Entry* found = Find(labels, hash)) return found->value;
    if (entries_.size() >= capacity_) {
      if (overflow_.load(std::memory_order_relaxed) == nullptr) {
        Labels others;
        others.fill(kOverflow);
        overflow_.store(&Keep(others), std::memory_order_release);
      }
      return overflow_.load(std::memory_order_relaxed)->value;
    }
    Entry& entry = Keep(labels, arguments...);
    size_t i = hash;
    while (slots_[i & (slots_.size() - 1)].load(std::memory_order_relaxed) != nullptr) ++i;
    slots_[i & (slots_.size() - 1)].store(&entry, std::memory_order_release);
    return entry.value;
  }

  template <class... Arguments>
  Entry& Keep(const Labels& labels, const Arguments&... arguments) {
    return *entries_.emplace_back(std::make_unique<Entry>(labels, arguments...));
  }

  const size_t capacity_;
  std::vector<std::atomic<Entry*>> slots_;
  std::atomic<Entry*> overflow_{nullptr};
  std::mutex mutex_;  // of entries_ and of what is stored
  std::vector<std::unique_ptr<Entry>> entries_;
};

/// Counts from any thread.
class Tally {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// Counts by HTTP status; what is none counts as 0.
class StatusTally {
 public:
  void Add(int status) { counts_[Index(status)].Add(); }

  /// `visit(status, count)` for those that occurred.
  template <class Visit>
  void ForEach(const Visit& visit) const {
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (const uint64_t count = counts_[i].Get())
        visit(i == 0 ? 0 : kFirst + static_cast<int>(i) - 1, count);
    }
  }

 private:
  static constexpr int kFirst = 100;
  static constexpr int kLast = 599;
  static size_t Index(int status) {
    return status < kFirst || status > kLast ? 0 : static_cast<size_t>(status - kFirst + 1);
  }
  std::array<Tally, kLast - kFirst + 2> counts_;
};

/// A histogram: how many values lie at or below each bound, and their sum. From any thread.
class Distribution {
 public:
  static constexpr size_t kBoundsMax = 20;

  /// `bounds` ascend, are at most kBoundsMax, and outlive it.
  explicit Distribution(std::span<const double> bounds) : bounds_(bounds) {}

  void Add(double value) {
    size_t bucket = 0;  // few bounds: a walk is faster than a search
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    counts_[bucket].Add();
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  struct Snapshot {
    std::span<const double> bounds;
    std::vector<uint64_t> counts;  // of each bucket alone, the one above all bounds last
    double sum = 0;
  };
  Snapshot Get() const {
    Snapshot snapshot{.bounds = bounds_, .counts = {}, .sum = sum_.load(std::memory_order_relaxed)};
    for (size_t i = 0; i <= bounds_.size(); ++i) snapshot.counts.push_back(counts_[i].Get());
    return snapshot;
  }

 private:
  std::span<const double> bounds_;
  std::array<Tally, kBoundsMax + 1> counts_;
  std::atomic<double> sum_{0};
};

}  // namespace keelrow::signals
