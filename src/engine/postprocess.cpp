#include "engine/postprocess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace keelrow::engine {
namespace {

/// Dividing by a temperature of 1 changes no bit.
std::vector<float> Softmax(std::span<const float> logits, const PostprocessOptions& options) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> powers(logits.size());
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    sum += powers[i] = std::exp((double{logits[i]} - top) / options.temperature);
  }
  std::vector<float> shares(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) shares[i] = static_cast<float>(powers[i] / sum);
  return shares;
}

double LogSumExp(std::span<const float> logits) {
  const float top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - top);
  return top + std::log(sum);
}

/// The logarithm of the mean probability, which Softmax turns back into it. Calibrating after the
/// averaging is what keeps the average honest (Rahaman and Thiery 2021, "Uncertainty Quantification
/// and Deep Ensembles").
std::vector<float> PoolLogits(std::span<const Tensor> outputs) {
  const auto views = static_cast<double>(outputs.size());
  std::vector<double> norms;
  for (const Tensor& output : outputs) norms.push_back(LogSumExp(output.As<float>()));
  std::vector<float> pooled;
  for (size_t c = 0; c < outputs[0].As<float>().size(); ++c) {
    std::vector<float> logs;
    for (size_t v = 0; v < outputs.size(); ++v) {
      logs.push_back(static_cast<float>(outputs[v].As<float>()[c] - norms[v]));
    }
    pooled.push_back(static_cast<float>(LogSumExp(logs) - std::log(views)));
  }
  return pooled;
}

Json RenderClass(std::span<const float> scores, std::span<const std::string> labels) {
  const size_t best =
      static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  Json probabilities = Json::object();
  for (size_t i = 0; i < scores.size(); ++i) probabilities[labels[i]] = scores[i];
  return {{"label", labels[best]}, {"probabilities", std::move(probabilities)}};
}

constexpr std::array kRows = {
    Postprocess{"classification", "Softmax; the label with the largest probability.", PoolLogits,
                Softmax, RenderClass},
};

}  // namespace

void Describe(config::Object<PostprocessOptions>& object) {
  object
      .Field("temperature", &PostprocessOptions::temperature,
             "Logits are divided by it before they become probabilities.")
      .Range(1e-3, 1e3);
}

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
