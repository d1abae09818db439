#pragma once

#include <cstddef>
#include <functional>

namespace keelrow {

/// How many threads a pool should have here: the cores this process may use, at least 1.
int AvailableCores();

/// Calls `work(i)` for every i in 0 … count-1 on up to `threads` threads (0: AvailableCores) and
/// waits for all. The order is free, so `work` writes only to slot i. The first exception stops
/// the hand-out of further work and is thrown here; so is a requested stop (kInterrupted).
void ParallelFor(size_t count, const std::function<void(size_t)>& work, int threads = 0);

}  // namespace keelrow
