#include "engine/feature_extractor.h"

#include "base/error.h"

namespace keelrow::engine {

FeatureExtractor::FeatureExtractor(std::span<const transforms::TransformEntry> prepare,
                                   std::string_view onnx, const SessionOptions& options)
    : chain_(prepare), session_(onnx, options) {}

std::vector<float> FeatureExtractor::Features(transforms::Payload payload) const {
  Tensor input;
  try {
    input = chain_.Apply(std::move(payload));
  } catch (const Error& error) {
    throw Error(Code::kBadExample, error.message(), {.hint = error.hint()});
  }
  const Tensor output = session_.Run(Stack({&input, 1}));
  const auto features = output.As<float>();
  return {features.begin(), features.end()};
}

}  // namespace keelrow::engine
