#include "best_setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace keelrow::bench {
namespace {

constexpr double kWarmUpSeconds = 1;
constexpr double kSeconds = 1;

/// Answers a second; nothing for a setting under which requests are refused.
double Tried(const Setting& setting, const Questions& questions, int connections,
             const Places& places) {
  const std::unique_ptr<Service> service = setting.start(places);
  service->FirstAnswer(questions.asks[0]);
  RequireRightAnswers(service->port(), questions);
  const auto load = [&](double seconds) {
    return Measure(service->port(), questions.asks[0], connections, seconds, places.scratch,
                   places.source);
  };
  load(kWarmUpSeconds);
  const Load brought = load(kSeconds);
  return brought.refused == 0 ? brought.per_second : 0;
}

}  // namespace

Start BestOf(std::string peer, std::vector<Setting> settings, QuestionsOf questions_of,
             int connections) {
  const auto best = std::make_shared<const Setting*>(nullptr);  // of all runs of the case
  const auto all = std::make_shared<const std::vector<Setting>>(std::move(settings));
  return [=](const Places& places) {
    if (*best != nullptr) return (*best)->start(places);
    const Questions questions = questions_of(places);
    double most = -1;
    for (const Setting& setting : *all) {
      const double brought = Tried(setting, questions, connections, places);
      fmt::print(stderr, "{} with {}: {:.4g} answers/s\n", peer, setting.name, brought);
      if (brought > most) *best = &setting;
      most = std::max(most, brought);
    }
    return (*best)->start(places);
  };
}

}  // namespace keelrow::bench
