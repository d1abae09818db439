#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace keelrow {

/// A counter-based stream of random numbers, named after what it is for:
/// `Random(seed, "augment", {epoch, example})`. The same name and counters give the same draws
/// whatever ran before and however many threads there are; so a resumed training needs no saved
/// generator. SplitMix64 (Steele, Lea, Flood 2014) over a key made by FNV-1a and mixing.
class Random {
 public:
  Random(uint64_t seed, std::string_view purpose, std::initializer_list<uint64_t> counters = {});

  uint64_t Next();
  /// Uniform in [0, 1), 53 bits.
  double Uniform();
  /// Uniform in [low, high).
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  /// Uniform in 0 … bound - 1, without bias. `bound` > 0.
  uint64_t Below(uint64_t bound);
  bool Coin(double probability = 0.5) { return Uniform() < probability; }

 private:
  uint64_t state_;
};

}  // namespace keelrow
