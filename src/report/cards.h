#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace keelrow::report {

/// One picture of `pictures`, PNG bytes by id; small ones are enlarged with sharp pixels. Says so
/// where there is none.
std::string Picture(const std::string& id, const std::map<std::string, std::string>& pictures);

/// An item of a list of cards: picture, caption, id. `caption` is HTML.
std::string CardOf(const std::string& id, std::string_view caption,
                   const std::map<std::string, std::string>& pictures);

/// A picture with one label in the place of another.
struct Card {
  std::string id;
  std::string from;
  std::string to;
  double probability = 0;
};

/// The cards side by side: picture, "from → to (probability)", id.
std::string Cards(std::span<const Card> cards, const std::map<std::string, std::string>& pictures);

}  // namespace keelrow::report
