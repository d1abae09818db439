#include "report/cards.h"
#include "report/sections.h"

namespace keelrow::report {

std::string MistakesSection(const ReportInput& input) {
  const evaluate::Evaluation& test = input.test;
  if (test.worst.empty()) return "<p class=\"quiet\">There are none on the test set.</p>";
  std::vector<Card> cards;
  for (const evaluate::Mistake& mistake : test.worst) {
    cards.push_back({.id = mistake.id,
                     .from = test.classes[mistake.truth],
                     .to = test.classes[mistake.predicted],
                     .probability = mistake.probability});
  }
  return "<p class=\"quiet\">truth → predicted (its probability)</p>" +
         Cards(cards, input.pictures);
}

}  // namespace keelrow::report
