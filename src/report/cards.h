#pragma once

#include <map>
#include <span>
#include <string>

namespace keelrow::report {

/// A picture with one label in the place of another.
struct Card {
  std::string id;
  std::string from;
  std::string to;
  double probability = 0;
};

/// The cards side by side: picture, "from → to (probability)", id. `pictures` are PNG bytes by id;
/// small ones are enlarged with sharp pixels.
std::string Cards(std::span<const Card> cards, const std::map<std::string, std::string>& pictures);

}  // namespace keelrow::report
