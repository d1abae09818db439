#include <span>

#include "case.h"

namespace keelrow::bench {

// A row declares its maker where it calls it, so a new suite is its own file and one line here.
using Cases = std::vector<Case>;

constexpr Suite kSuites[] = {
    {"images", [] { Cases ImageCases(); return ImageCases(); }},
};

std::span<const Suite> Suites() { return kSuites; }

}  // namespace keelrow::bench
