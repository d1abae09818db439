#include "engine/predictor.h"

#include "engine/postprocess.h"
#include "transforms/chain.h"

namespace keelrow::engine {

struct Predictor::State {
  bundle::Manifest manifest;
  transforms::Chain preprocess;
  const Postprocess& postprocess;
  Session session;
  std::string bundle_hash;
};

Predictor::Predictor(bundle::Manifest manifest, std::string_view onnx,
                     const SessionOptions& options) {
  transforms::Chain chain = transforms::Chain::FromJson(manifest.preprocess, manifest.name);
  const Postprocess& postprocess = FindPostprocess(manifest.postprocess);
  // An aggregate: make_unique cannot name its members.
  // NOLINTNEXTLINE(modernize-make-unique)
  state_.reset(new State{.manifest = std::move(manifest),
                         .preprocess = std::move(chain),
                         .postprocess = postprocess,
                         .session = Session(onnx, options)});
}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;

Predictor Predictor::Load(const std::filesystem::path& folder, const SessionOptions& options) {
  const bundle::Bundle opened = bundle::Bundle::Open(folder);
  Predictor predictor(opened.manifest(), opened.Read(bundle::kNetworkFile), options);
  predictor.state_->bundle_hash = opened.hash();
  return predictor;
}

const bundle::Manifest& Predictor::manifest() const {
  return state_->manifest;
}

const std::string& Predictor::bundle_hash() const {
  return state_->bundle_hash;
}

transforms::Kind Predictor::DecodedKind() const {
  return state_->preprocess.DecodedKind();
}

std::vector<float> Predictor::Scores(transforms::Payload payload) const {
  const Tensor input = state_->preprocess.Apply(std::move(payload));
  const Tensor output = state_->session.Run(Stack({&input, 1}));
  const std::vector<float> scores = state_->postprocess.scores(output.As<float>());
  if (scores.size() != state_->manifest.labels.size()) {
    throw Error(Code::kCorrupt, "the network has another number of outputs than the bundle labels");
  }
  return scores;
}

Json Predictor::Answer(transforms::Payload payload) const {
  return Render(Scores(std::move(payload)));
}

Json Predictor::Render(const std::vector<float>& scores) const {
  return state_->postprocess.render(scores, state_->manifest.labels);
}

}  // namespace keelrow::engine
