#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace keelrow::hybrid {

struct BudgetOptions {
  double limit = 0;                        // of a period, in the money of the prices
  std::chrono::seconds period{24 * 3600};  // aligned to 1970: days begin at 00:00 UTC
  std::filesystem::path file;              // what was taken, for all processes and restarts
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
};

/// What may be spent in a period, by all processes that name the same file. Each takes a hundredth
/// at a time out of the file, on a thread of its own, before it spends: so nothing that kill -9 can
/// do spends twice, and at most one such block a process is lost with it. Thread-safe; taking never
/// waits for the disk.
class Budget {
 public:
  /// Throws what writing the file throws (base/files.h).
  explicit Budget(BudgetOptions options);
  ~Budget();  // what was not spent goes back
  Budget(const Budget&) = delete;

  struct Taken {
    double cost;
    int64_t period;
  };
  /// Empty when there is not as much left, or none at hand yet.
  std::optional<Taken> Take(double cost);
  /// What was not needed; of a period that is over it is forgotten.
  void PutBack(const Taken& taken);

  double limit() const;
  /// In this period, by this process.
  double Spent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::hybrid
