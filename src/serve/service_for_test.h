#pragma once

// For tests: tiny models in a registry, and a model service that serves them.

#include <gtest/gtest.h>

#include <set>

#include "base/base64.h"
#include "base/files.h"
#include "base/random.h"
#include "data/image_encode.h"
#include "engine/predictor.h"
#include "gateway/secret.h"
#include "gateway/token.h"
#include "http/client.h"
#include "models/model_for_test.h"
#include "serve/model_service.h"
#include "track/store.h"

namespace keelrow::serve {

using models::kEdge;
using models::kModelName;

/// gRPC knows POST only: its probes and descriptions are open, and change nothing.
inline const std::set<std::string> kOpenPosts = {
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/inference.GRPCInferenceService/ModelReady",
    "/inference.GRPCInferenceService/ServerLive",
    "/inference.GRPCInferenceService/ServerMetadata",
    "/inference.GRPCInferenceService/ServerReady"};

/// Gray noise.
inline data::Image NoisePicture(uint64_t seed) {
  data::Image image = data::Image::Blank(kEdge, kEdge, 1);
  Random random(seed, "picture");
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(random.Below(256));
  return image;
}

/// A registry in a folder of its own, and a service over it.
class ServiceTest : public testing::Test {
 protected:
  /// Registers a new version; returns its number.
  int AddVersion(uint64_t seed) {
    const fs::path path = fs::path("bundles") / std::to_string(seed);
    const std::string hash = models::MakeBundle(folder_.path() / path, seed);
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
