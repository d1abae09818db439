#include "rollout/split.h"

#include "base/random.h"

namespace keelrow::rollout {

double Split::PlaceOf(std::string_view key) const {
  return Random(static_cast<uint64_t>(rollout_), key).Uniform();
}

}  // namespace keelrow::rollout
