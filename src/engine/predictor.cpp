#include "engine/predictor.h"

#include "engine/postprocess.h"
#include "transforms/chain.h"
#include "transforms/views.h"

namespace keelrow::engine {

struct Predictor::State {
  bundle::Manifest manifest;
  transforms::Chain preprocess;
  std::vector<transforms::ViewName> views;
  const Postprocess& postprocess;
  PostprocessOptions postprocess_options;
  Session session;
  std::string bundle_hash;

  Tensor Infer(const Tensor& input) const { return session.Run(Stack({&input, 1})); }
};

Predictor::Predictor(bundle::Manifest manifest, std::string_view onnx,
                     const SessionOptions& session) {
  transforms::Chain chain = transforms::Chain::FromJson(manifest.preprocess, manifest.name);
  std::vector<transforms::ViewName> views = transforms::ViewsNamed(manifest.views);
  const Postprocess& postprocess = FindPostprocess(manifest.postprocess);
  const auto options =
      config::ReadJson<PostprocessOptions>(manifest.postprocess_options, manifest.name);
  // An aggregate: make_unique cannot name its members.
  // NOLINTNEXTLINE(modernize-make-unique)
  state_.reset(new State{.manifest = std::move(manifest),
                         .preprocess = std::move(chain),
                         .views = std::move(views),
                         .postprocess = postprocess,
                         .postprocess_options = options,
                         .session = Session(onnx, session)});
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

std::vector<float> Predictor::Output(transforms::Payload payload) const {
  const transforms::Chain& chain = state_->preprocess;
  std::vector<Tensor> outputs;
  for (auto& look : transforms::LooksAt(chain.Head(std::move(payload)), state_->views)) {
    outputs.push_back(state_->Infer(chain.Tail(std::move(look))));
  }
  if (outputs.size() > 1) return state_->postprocess.pool(outputs);
  const auto output = outputs[0].As<float>();
  return {output.begin(), output.end()};
}

std::vector<float> Predictor::Scores(transforms::Payload payload) const {
  const std::vector<float> scores =
      state_->postprocess.scores(Output(std::move(payload)), state_->postprocess_options);
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
