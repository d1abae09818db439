#pragma once

#include <cstdint>
#include <string_view>

namespace keelrow::rollout {

/// Which version answers whom. A key has a fixed place in [0, 1), drawn from it and the rollout's
/// number alone; the candidate answers those below the weight. So every replica says the same,
/// today and after a restart; a key that went to the candidate stays there while the weight grows;
/// and another rollout tries its new version on others.
class Split {
 public:
  explicit Split(int64_t rollout) : rollout_(rollout) {}

  double PlaceOf(std::string_view key) const;
  bool IsCandidate(std::string_view key, double weight) const { return PlaceOf(key) < weight; }

 private:
  int64_t rollout_;
};

}  // namespace keelrow::rollout
