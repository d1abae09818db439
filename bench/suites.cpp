#include <span>

#include "case.h"

namespace keelrow::bench {

// A new suite is its own file, its declaration and its row.
std::vector<Case> ImageCases();

constexpr Suite kSuites[] = {
    {"images", &ImageCases},
};

std::span<const Suite> Suites() {
  return kSuites;
}

}  // namespace keelrow::bench
