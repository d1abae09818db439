#include "engine/postprocess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace keelrow::engine {
namespace {

std::vector<float> Softmax(std::span<const float> logits) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> powers(logits.size());
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) sum += powers[i] = std::exp(double{logits[i]} - top);
  std::vector<float> shares(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) shares[i] = static_cast<float>(powers[i] / sum);
  return shares;
}

Json RenderClass(std::span<const float> scores, std::span<const std::string> labels) {
  const size_t best =
      static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  Json probabilities = Json::object();
  for (size_t i = 0; i < scores.size(); ++i) probabilities[labels[i]] = scores[i];
  return {{"label", labels[best]}, {"probabilities", std::move(probabilities)}};
}

constexpr std::array kRows = {
    Postprocess{"classification", "Softmax; the label with the largest probability.", Softmax,
                RenderClass},
};

}  // namespace

std::span<const Postprocess> Postprocesses() {
  return kRows;
}

const Postprocess& FindPostprocess(const std::string& name) {
  for (const Postprocess& row : kRows) {
    if (row.name == name) return row;
  }
  throw Error(Code::kUnsupported, fmt::format("the bundle asks for the postprocessing `{}`, which "
                                              "this program does not have",
                                              name));
}

}  // namespace keelrow::engine
