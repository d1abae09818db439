#include "protocols/label_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/message.h"

namespace keelrow::protocols {
namespace {

constexpr size_t kLabelsShown = 10;

std::string WrittenAs(const std::string& label, const labels::ChoiceQuestion& question) {
  for (const labels::Choice& choice : question.choices) {
    if (choice.shown == label || choice.written == label) return choice.written;
  }
  for (const labels::Choice& choice : question.choices) {
    if (http::EqualIgnoringCase(choice.shown, label)) return choice.written;
  }
  return {};
}

/// Pictures for a model of pictures; for others whatever is shown.
bool Fits(const labels::ShownObject* object, const engine::Predictor& predictor) {
  if (object == nullptr) return false;
  return predictor.DecodedKind() != transforms::Kind::kImage || object->kind == "Image";
}

}  // namespace

LabelMatch MatchLabels(const labels::LabelConfig& config, const models::ServedModel& model) {
  const engine::Predictor* predictor = model.predictor();
  if (predictor == nullptr) {
    throw Error(Code::kBadValue,
                fmt::format("`{}` is a bare network: it has no labels", model.name()));
  }
  const std::vector<std::string>& labels = predictor->manifest().labels;
  LabelMatch best;
  std::ptrdiff_t most = 0;
  for (const labels::ChoiceQuestion& question : config.questions) {
    const labels::ShownObject* object = config.FindObject(question.object);
    if (!Fits(object, *predictor)) continue;
    std::vector<std::string> written;
    for (const std::string& label : labels) written.push_back(WrittenAs(label, question));
    const auto known =
        std::ranges::count_if(written, [](const auto& text) { return !text.empty(); });
    if (known <= most) continue;
    most = known;
    best = {.question = question, .object = *object, .written = std::move(written)};
  }
  if (most > 0) return best;
  throw Error(
      Code::kBadValue,
      fmt::format("no <Choices> of the labelling configuration, about what `{}` takes, has a "
                  "choice that is called like one of its labels ({})",
                  model.name(), ListSome(labels, kLabelsShown)));
}

}  // namespace keelrow::protocols
