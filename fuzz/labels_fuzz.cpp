// Labels from strangers: an export of Label Studio, COCO or VOC, or a labelling configuration, is
// read or refused with a reason, and whatever is read can be checked and compared.
#include "labels/agreement.h"
#include "labels/checks.h"
#include "labels/format_functions.h"
#include "labels/label_config.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

void Use(const Expected<labels::LabelSet>& set) {
  if (!set) return Require(!set.error().message().empty(), "a refusal says why");
  for (const labels::Finding& finding : labels::CheckLabels(*set, {})) {
    Require(!finding.text.empty(), "a finding says what");
  }
  const labels::Agreement agreement = labels::MeasureAgreement(*set);
  const double f1 = agreement.regions.F1();
  Require(f1 >= 0 && f1 <= 1, "F1 is a share");
}

void Use(const Expected<labels::LabelConfig>& config) {
  if (!config) return Require(!config.error().message().empty(), "a refusal says why");
  for (const labels::ChoiceQuestion& question : config->questions) {
    for (const labels::Choice& choice : question.choices) {
      Require(!choice.written.empty(), "a choice has a name");
    }
  }
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keelrow;
  const std::string_view bytes = fuzz::Text(data, size);
  fuzz::Use(labels::ParseLabelStudio(bytes, "fuzz.json"));
  fuzz::Use(labels::ParseCoco(bytes, "fuzz.json"));
  fuzz::Use(labels::ParseLabelConfig(bytes));
  const auto voc = labels::ParseVoc(bytes, "fuzz.xml");
  if (voc) fuzz::Use(labels::LabelSet{.tasks = {*voc}});
  return 0;
}
