#include "serve/public_endpoints.h"

#include <gtest/gtest.h>

#include "http/server.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;

/// A service of ours that plays the public one, and another that sends to it.
class PublicEndpoint : public ServiceTest {
 protected:
  void SetUp() override {
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    options.config.auth.enabled = false;
    cloud_ = std::make_unique<ModelService>(options);
    cloud_->Start();
    ASSERT_TRUE(cloud_->WaitUntilReady(60s));
  }

  /// What sends there; its own registry has another version, or none.
  void StartPrivate(project::HybridRuleConfig rule, bool promoted) {
    ModelServiceOptions options = Options();
    options.store = folder_.path() / "private.db";
    track::Store store(options.store);
    if (promoted) {
      const std::string hash = models::MakeBundle(folder_.path() / "bundles" / "9", 9);
      store.Register({.model = kModelName, .bundle_path = "bundles/9", .bundle_hash = hash},
                     "test");
      store.Promote({.model = kModelName, .version = 1, .actor = "test"});
    }
    rule.name = "rule";
    rule.endpoint = "cloud";
    options.config.hybrid = {
        .endpoints = {{.name = "cloud",
                       .protocol = {"keelrow"},
                       .url = "http://127.0.0.1:" + std::to_string(cloud_->Port()),
                       .cost = 0.25}},
        .rules = {std::move(rule)}};
    Start(std::move(options));
    if (promoted) {
      ASSERT_TRUE(service_->WaitUntilReady(60s));
    }
  }

  http::Response AskPicture() const { return Ask("image/png", data::EncodePng(NoisePicture(5))); }
  std::string Metrics() const { return Connect().Get("/metrics").body; }

  std::unique_ptr<ModelService> cloud_;
};

TEST_F(PublicEndpoint, AnswersWhereNoModelIsReady) {
  StartPrivate({.when = {"not_loaded"}}, false);
  const http::Response answer = AskPicture();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.Find("x-keelrow-endpoint"), "cloud");
  EXPECT_NE(Metrics().find("hybrid_requests_total{endpoint=\"cloud\",result=\"answered\","
                           "rule=\"rule\"} 1"),
            std::string::npos);
  EXPECT_NE(Metrics().find("hybrid_cost_total{endpoint=\"cloud\"} 0.25"), std::string::npos);
  // A version that is named is one of ours, and not the endpoint's default one.
  const http::Response versioned = Connect().Post(
      "/predictions/tiny/99", data::EncodePng(NoisePicture(5)), WithToken("image/png"));
  EXPECT_FALSE(versioned.headers.Find("x-keelrow-endpoint")) << versioned.body;
}

TEST_F(PublicEndpoint, AnUnsureAnswerIsAskedForThere) {
  StartPrivate({.when = {"long_tail"}, .confidence_below = 1}, true);
  EXPECT_EQ(AskPicture().headers.Find("x-keelrow-endpoint"), "cloud");
}

TEST_F(PublicEndpoint, ASureAnswerStays) {
  StartPrivate({.when = {"long_tail"}, .confidence_below = 0.01}, true);
  const http::Response answer = AskPicture();
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.headers.Find("x-keelrow-endpoint"));
  EXPECT_GT(std::stod(std::string(*answer.headers.Find("x-keelrow-confidence"))), 0.01);
  EXPECT_TRUE(answer.headers.Find("x-keelrow-label"));
}

TEST_F(PublicEndpoint, AnswersItselfWhenTheEndpointIsGone) {
  StartPrivate({.when = {"always"}}, true);
  EXPECT_TRUE(AskPicture().headers.Find("x-keelrow-endpoint"));
  cloud_.reset();
  const http::Response answer = AskPicture();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(answer.headers.Find("x-keelrow-endpoint"));
}

/// Stands in for a provider of language models.
class LanguageModels : public ServiceTest {
 protected:
  static http::Response Chat(const http::Request& request) {
    const Json body = Json::parse(request.body);
    return http::Response::Json(
        {{"model", body.at("model")},
         {"said", body.at("messages")[0].at("content")},
         {"authorization", std::string(request.headers.Find("Authorization").value_or(""))}});
  }

  http::Server provider_{{},
                         http::Router({{.method = "POST",
                                        .pattern = "/openai/v1/chat/completions",
                                        .handler = http::Sync(Chat)}})};
};

TEST_F(LanguageModels, StandBehindOurAddressTokensAndLimits) {
  provider_.Start();
  WriteFileDurably(folder_.path() / "provider.token", "secret\n");
  ModelServiceOptions options = Options();
  options.config.hybrid = {
      .endpoints = {{.name = "llm",
                     .protocol = {"openai"},
                     .url = "http://127.0.0.1:" + std::to_string(provider_.Port()) + "/openai/v1",
                     .model = "large-2026",
                     .token_file = "provider.token"}},
      .rules = {{.name = "chat", .endpoint = "llm", .when = {"always"}, .models = {"assistant"}}}};
  Start(std::move(options));
  const auto ask = [&](const std::string& model) {
    const Json body = {{"model", model}, {"messages", {{{"role", "user"}, {"content", "hello"}}}}};
    return Connect().Post("/v1/chat/completions", body.dump(), WithToken("application/json"));
  };
  EXPECT_EQ(Json::parse(ask("assistant").body),
            Json({{"model", "large-2026"}, {"said", "hello"}, {"authorization", "Bearer secret"}}));
  const http::Response none = ask("other");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(Json::parse(none.body)["error"]["code"], "model_not_found");
  EXPECT_EQ(Connect().Post("/v1/chat/completions", "{}").status, 401);
}

}  // namespace
}  // namespace keelrow::serve
