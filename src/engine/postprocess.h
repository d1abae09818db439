#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"
#include "config/described.h"

namespace keelrow::engine {

/// What a bundle may set.
struct PostprocessOptions {
  double temperature = 1;
};
void Describe(config::Object<PostprocessOptions>& object);

/// What stands between the network's output and the answer. One row for each kind of task.
struct Postprocess {
  std::string_view name;
  std::string_view help;
  /// The outputs of several looks at one example, at least two, to one in their place.
  std::vector<float> (*pool)(std::span<const Tensor> outputs);
  /// One example's network output (without the batch axis) to its scores.
  std::vector<float> (*scores)(std::span<const float> output, const PostprocessOptions& options);
  /// Scores to the `result` of an answer.
  Json (*render)(std::span<const float> scores, std::span<const std::string> labels);
};

std::span<const Postprocess> Postprocesses();
/// Throws kUnsupported for a name that has no row.
const Postprocess& FindPostprocess(const std::string& name);

}  // namespace keelrow::engine
