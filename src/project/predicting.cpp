#include "project/predicting.h"

#include <set>

namespace keelrow::project {
namespace {

/// A view that is named twice would count twice, which nobody means.
void CheckViews(const PredictConfig& config) {
  std::set<std::string> seen;
  for (const transforms::ViewName& view : config.tta) {
    if (seen.insert(view.value).second) continue;
    throw Error(Code::kBadValue, "`tta` names `" + view.value + "` twice");
  }
}

}  // namespace

const std::vector<config::Choice>& CalibrationChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "none", .help = "Probabilities are the network's own."},
      {.name = "temperature",
       .help = "Logits are divided by one number, fitted to the validation examples: the answers "
               "stay, their probabilities become honest."},
  };
  return choices;
}

void Describe(config::Object<PredictConfig>& object) {
  object.Doc(
      "How the trained model answers; part of the bundle, the same in evaluation, `keelrow "
      "predict` "
      "and serving.");
  object.Field(
      "tta", &PredictConfig::tta,
      "Test-time augmentation: besides the example itself, these views of it are answered, "
      "and the probabilities averaged. Each view costs an inference more.");
  object.Field("calibrate", &PredictConfig::calibrate, "How probabilities are made to fit.");
  object.Check(CheckViews);
}

}  // namespace keelrow::project
