#pragma once

// For tests: tiny models in a registry, and a model service that serves them. Nothing is trained:
// weights are drawn from a seed, so every version answers differently and always the same.

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/files.h"
#include "base/random.h"
#include "bundle/bundle.h"
#include "data/image_encode.h"
#include "engine/predictor.h"
#include "gateway/secret.h"
#include "gateway/token.h"
#include "http/client.h"
#include "nets/graph_builder.h"
#include "nets/onnx_writer.h"
#include "serve/model_service.h"
#include "track/store.h"

namespace keelrow::serve {

inline constexpr int kEdge = 8;  // of the pictures
inline const std::string kModelName = "tiny";

/// Gray noise.
inline data::Image NoisePicture(uint64_t seed) {
  data::Image image = data::Image::Blank(kEdge, kEdge, 1);
  Random random(seed, "picture");
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(random.Below(256));
  return image;
}

inline std::string LinearNetwork(uint64_t seed, int64_t classes) {
  nets::GraphBuilder builder;
  const auto input = builder.Input("input", {1, kEdge, kEdge});
  const auto output = builder.Linear("fc", builder.Flatten(input), {.features = classes});
  const nets::Graph graph = std::move(builder).Build(output);
  nets::WeightMap weights = nets::BlankWeights(graph);
  Random random(seed, "weights");
  for (float& weight : weights.at("fc.weight").As<float>()) {
    weight = static_cast<float>(random.Uniform(-0.5, 0.5));
  }
  return nets::WriteOnnx(graph, weights);
}

/// A sealed bundle in `folder`; returns its hash.
inline std::string MakeBundle(const fs::path& folder, uint64_t seed) {
  MakeFolders(folder);
  const std::vector<std::string> labels = {"cat", "dog", "owl"};
  WriteFileDurably(folder / bundle::kNetworkFile,
                   LinearNetwork(seed, static_cast<int64_t>(labels.size())));
  const bundle::Manifest manifest{
      .name = kModelName,
      .task = "image-classification",
      .inputs = {{.name = "input", .shape = {-1, 1, kEdge, kEdge}}},
      .outputs = {{.name = "output", .shape = {-1, static_cast<int64_t>(labels.size())}}},
      .preprocess = Json::parse(
          R"([{"decode": {"mode": "gray"}}, {"normalize": {"mean": [0.5], "std": [0.5]}}])"),
      .postprocess = "classification",
      .labels = labels};
  return bundle::Seal(folder, manifest, Json::object());
}

/// A registry in a folder of its own, and a service over it.
class ServiceTest : public testing::Test {
 protected:
  /// Registers a new version; returns its number.
  int AddVersion(uint64_t seed) {
    const fs::path path = fs::path("bundles") / std::to_string(seed);
    const std::string hash = MakeBundle(folder_.path() / path, seed);
    return store_
        .Register({.model = kModelName, .bundle_path = path.string(), .bundle_hash = hash}, "test")
        .version;
  }
  void Promote(int version) {
    store_.Promote({.model = kModelName, .version = version, .actor = "test"});
  }

  ModelServiceOptions Options() const {
    project::ServeConfig config;
    config.port = 0;
    config.threads = 2;
    config.rate_limit.all.rate = 0;  // tests ask as fast as they can
    config.watch.value = std::chrono::milliseconds(2);
    return {.store = folder_.path() / "store.db",
            .root = folder_.path(),
            .model = kModelName,
            .secret = folder_.path(),
            .config = config};
  }
  void Start(ModelServiceOptions options) {
    service_ = std::make_unique<ModelService>(std::move(options));
    service_->Start();
  }
  /// One promoted version, loaded.
  void StartReady() {
    Promote(AddVersion(1));
    Start(Options());
    ASSERT_TRUE(service_->WaitUntilReady(std::chrono::seconds(60)));
  }

  http::Client Connect() const { return http::Client({.port = service_->Port()}); }
  std::string Token(std::vector<std::string> scopes = {"predict"}) const {
    return gateway::TokenAuthority(gateway::LoadOrCreateSecret(folder_.path()))
        .Issue({.subject = "tester", .scopes = std::move(scopes)});
  }
  http::Headers WithToken(const std::string& content_type) const {
    return {{"Authorization", "Bearer " + Token()}, {"Content-Type", content_type}};
  }
  /// POST /predict with a token.
  http::Response Ask(const std::string& content_type, const std::string& body) const {
    return Connect().Post("/predict", body, WithToken(content_type));
  }
  http::Response AskJson(const Json& body) const { return Ask("application/json", body.dump()); }

  engine::Predictor Offline(uint64_t seed) const {
    return engine::Predictor::Load(folder_.path() / "bundles" / std::to_string(seed));
  }

  TemporaryFolder folder_;
  track::Store store_{folder_.path() / "store.db"};
  std::unique_ptr<ModelService> service_;
};

}  // namespace keelrow::serve
