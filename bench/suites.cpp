#include <span>

#include "case.h"

namespace keelrow::bench {

// A new suite is its own file, its declaration and its row; a large one has several.
std::vector<Case> ImageCases();
std::vector<Case> PictureCases();
std::vector<Case> LabelCases();
std::vector<Case> ServingCases();

namespace {

std::vector<Case> Images() {
  std::vector<Case> cases = ImageCases();
  for (auto* more : {&PictureCases, &LabelCases}) {
    for (Case& one : more()) cases.push_back(std::move(one));
  }
  return cases;
}

constexpr Suite kSuites[] = {
    {"images", &Images},
    {"serving", &ServingCases, true},
};

}  // namespace

std::span<const Suite> Suites() {
  return kSuites;
}

}  // namespace keelrow::bench
