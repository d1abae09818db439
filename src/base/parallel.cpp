#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "base/stop.h"

namespace keelrow {
namespace {

/// What a container may use (`docker run --cpus=2` keeps all cores visible); 0 without a quota.
int CoresOfQuota() {
  double quota = 0;
  double period = 0;
  std::ifstream second("/sys/fs/cgroup/cpu.max");  // "200000 100000", or "max 100000"
  if (!(second >> quota >> period)) {
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota;  // cgroups v1; -1: none
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  }
  return quota > 0 && period > 0 ? static_cast<int>(std::ceil(quota / period)) : 0;
}

int VisibleCores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

int AvailableCores() {
  static const int quota = CoresOfQuota();
  return quota > 0 ? std::min(quota, VisibleCores()) : VisibleCores();
}

void ParallelFor(size_t count, const std::function<void(size_t)>& work, int threads) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto run = [&] {
    try {
      for (size_t i = next++; i < count && !failed; i = next++) {
        ThrowIfStopped();
        work(i);
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  };
  const size_t wanted = threads > 0 ? static_cast<size_t>(threads) : AvailableCores();
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < std::min(wanted, count); ++i) helpers.emplace_back(run);
  run();
  helpers.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace keelrow
