#include <fmt/format.h>

#include "report/cards.h"
#include "report/html.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::ConfusedPair;
using evaluate::Evaluation;

constexpr uint64_t kHabit = 2;  // a single mistake is none; it may stand among the worst

std::string PairOf(const ConfusedPair& pair, const ReportInput& input) {
  const Evaluation& test = input.test;
  const std::string& truth = test.classes[pair.truth];
  const std::string& predicted = test.classes[pair.predicted];
  std::vector<Card> cards;
  for (const evaluate::Mistake& mistake : pair.surest) {
    cards.push_back(
        {.id = mistake.id, .from = truth, .to = predicted, .probability = mistake.probability});
  }
  const uint64_t support = test.per_class[pair.truth].support;
  return fmt::format("<h3>{} → {}<span class=\"quiet\">{} of {} examples, {}</span></h3>{}",
                     Escape(truth), Escape(predicted), Count(pair.count), Count(support),
                     Percent(static_cast<double>(pair.count) / static_cast<double>(support), 1),
                     Cards(cards, input.pictures));
}

}  // namespace

std::string ConfusedSection(const ReportInput& input) {
  std::string pairs;
  for (const ConfusedPair& pair : input.test.confused) {
    if (pair.count >= kHabit) pairs += PairOf(pair, input);
  }
  return pairs;
}

}  // namespace keelrow::report
