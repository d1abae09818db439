#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "engine/session.h"
#include "transforms/payload.h"

namespace keelrow::engine {

/// A bundle, ready to answer: its own preprocessing, its network, its postprocessing. Training
/// evaluation, `keelrow predict`, the model service and programs that embed Keelrow all answer
/// through this one class, one example at a time, so the same input has the same answer bit for
/// bit. Const methods may be called from many threads.
class Predictor {
 public:
  /// Opens and checks the bundle. Throws what Bundle::Open and Session throw.
  static Predictor Load(const std::filesystem::path& folder, const SessionOptions& options = {});
  /// From parts that are not a bundle yet: how the pipeline evaluates before it packages.
  Predictor(bundle::Manifest manifest, std::string_view onnx, const SessionOptions& session = {});
  /// From a session that is there already, such as that of a chain.
  Predictor(bundle::Manifest manifest, Session session);
  ~Predictor();
  Predictor(Predictor&&) noexcept;

  const bundle::Manifest& manifest() const;
  /// Of the bundle it was loaded from; empty otherwise.
  const std::string& bundle_hash() const;

  /// The decoded form that a payload may have in a file's place; the preprocessing says which.
  transforms::Kind DecodedKind() const;

  /// The network's input for one example: a row for it and each of the manifest's views. The
  /// payload holds raw bytes (a picture file) or a later form (pixels). Throws kBadExample when it
  /// cannot be used.
  Tensor Prepare(transforms::Payload payload) const;
  /// The network, for callers that run it themselves, perhaps with rows of several examples.
  const Session& session() const;
  /// One score a label, in the manifest's order, from the network's output for Prepare's rows.
  std::vector<float> ScoresOf(const Tensor& output) const;

  /// What the network says to one example before it becomes scores, pooled over the views.
  std::vector<float> Output(transforms::Payload payload) const;
  /// ScoresOf of what the network makes of Prepare.
  std::vector<float> Scores(transforms::Payload payload) const;
  /// The answer's `result`: {"label": …, "probabilities": {…}}.
  Json Answer(transforms::Payload payload) const;
  Json Render(const std::vector<float>& scores) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::engine
