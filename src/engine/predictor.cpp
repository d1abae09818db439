#include "engine/predictor.h"

#include <fmt/format.h>

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

  std::vector<float> Pooled(const Tensor& output) const {
    if (output.Rows() == 1) {
      const auto values = output.As<float>();
      return {values.begin(), values.end()};
    }
    std::vector<Tensor> looks;
    for (int64_t i = 0; i < output.Rows(); ++i) looks.push_back(Slice(output, i, 1));
    return postprocess.pool(looks);
  }

  std::vector<float> Scores(std::vector<float> output) const {
    std::vector<float> scores = postprocess.scores(output, postprocess_options);
    if (scores.size() == manifest.labels.size()) return scores;
    throw Error(Code::kCorrupt, "the network has another number of outputs than the bundle labels");
  }
};

namespace {

/// What a bundle promises: one tensor in, one row of 32-bit floats out for each row of it.
void RequireRows(const Session& session, const std::string& name) {
  if (session.HasRows() && session.Inputs().size() == 1 && session.Outputs().size() == 1 &&
      session.Outputs()[0].dtype == DType::kFloat32) {
    return;
  }
  throw Error(Code::kUnsupported,
              fmt::format("the network of `{}` is not one input and one output in rows", name),
              {.hint = "its first axis must be free: export it with a dynamic batch"});
}

}  // namespace

Predictor::Predictor(bundle::Manifest manifest, std::string_view onnx,
                     const SessionOptions& session)
    : Predictor(std::move(manifest), Session(onnx, session)) {}

Predictor::Predictor(bundle::Manifest manifest, Session session) {
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
                         .session = std::move(session)});
  RequireRows(state_->session, state_->manifest.name);
}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;

Predictor Predictor::Load(const std::filesystem::path& folder, const SessionOptions& options) {
  const bundle::Bundle opened = bundle::Bundle::Open(folder);
  Predictor predictor(opened.manifest(),
                      Session({.digest = opened.Digest(bundle::kNetworkFile),
                               .read = [&] { return opened.Read(bundle::kNetworkFile); }},
                              options));
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

Tensor Predictor::Prepare(transforms::Payload payload) const {
  const transforms::Chain& chain = state_->preprocess;
  std::vector<Tensor> rows;
  for (auto& look : transforms::LooksAt(chain.Head(std::move(payload)), state_->views)) {
    rows.push_back(chain.Tail(std::move(look)));
  }
  return Stack(rows);
}

const Session& Predictor::session() const {
  return state_->session;
}

std::vector<float> Predictor::Output(transforms::Payload payload) const {
  return state_->Pooled(state_->session.Run(Prepare(std::move(payload))));
}

std::vector<float> Predictor::ScoresOf(const Tensor& output) const {
  return state_->Scores(state_->Pooled(output));
}

std::vector<float> Predictor::Scores(transforms::Payload payload) const {
  return state_->Scores(Output(std::move(payload)));
}

Json Predictor::Answer(transforms::Payload payload) const {
  return Render(Scores(std::move(payload)));
}

Json Predictor::Render(const std::vector<float>& scores) const {
  return state_->postprocess.render(scores, state_->manifest.labels);
}

}  // namespace keelrow::engine
