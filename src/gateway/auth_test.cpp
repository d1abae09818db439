#include "gateway/auth.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/json.h"
#include "http/client.h"
#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

class Auth : public testing::Test {
 protected:
  Auth() : server_({}, http::Router(Routes(), {RequireIdentity(authenticator_, ModelInPath)})) {
    server_.Start();
    client_.emplace(http::ClientOptions{.port = server_.Port()});
  }

  static std::string ModelInPath(const http::Request& request) {
    const auto model = request.params.find("model");
    return model == request.params.end() ? "digits" : model->second;
  }

  static http::Route Scoped(const std::string& pattern, const std::string& scope) {
    return {.method = "GET",
            .pattern = pattern,
            .handler = http::Sync([](const http::Request&) { return http::Response::Text("in"); }),
            .scope = scope};
  }

  static std::vector<http::Route> Routes() {
    return {
        {.method = "GET", .pattern = "/who", .handler = http::Sync([](const http::Request& r) {
                                               return http::Response::Text(r.identity->subject);
                                             })},
        {.method = "GET",
         .pattern = "/scoped",
         .handler = http::Sync([](const http::Request&) { return http::Response::Text("in"); }),
         .scope = "predict"},
        Scoped("/models/{model}/ask", "predict"),
        Scoped("/models/{name}", "manage"),
        Scoped("/ask", "predict"),
        Scoped("/scrape", "metrics"),
        {.method = "GET",
         .pattern = "/open",
         .handler = http::Sync([](const http::Request&) { return http::Response::Text("open"); }),
         .access = http::Access::kOpen}};
  }

  http::Response Ask(const std::string& authorization) {
    return client_->Get("/who", {{"Authorization", authorization}});
  }

  void ExpectRefused(const std::string& authorization) {
    const http::Response response = Ask(authorization);
    EXPECT_EQ(response.status, 401) << authorization;
    EXPECT_EQ(Json::parse(response.body)["code"], Info(Code::kUnauthenticated).number);
    EXPECT_NE(response.headers.Find("WWW-Authenticate").value_or("").find("invalid_token"),
              std::string_view::npos);
  }

  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
  std::shared_ptr<TokenAuthority> authority_ = std::make_shared<TokenAuthority>(
      std::string(32, 's'), TokenOptions{.clock = [this] { return now_; }});
  std::shared_ptr<const Authenticator> authenticator_ =
      std::make_shared<Authenticator>(*authority_, nullptr, [this] { return now_; });
  http::Server server_;
  std::optional<http::Client> client_;
};

TEST_F(Auth, AGoodTokenNamesWhoAsks) {
  const std::string token = authority_->Issue({.subject = "ann"});
  EXPECT_EQ(Ask("Bearer " + token).body, "ann");
  EXPECT_EQ(Ask("bearer " + token).body, "ann");
}

TEST_F(Auth, ARouteMayAskForAScope) {
  const auto ask = [this](std::vector<std::string> scopes) {
    const std::string token = authority_->Issue({.subject = "ann", .scopes = std::move(scopes)});
    return client_->Get("/scoped", {{"Authorization", "Bearer " + token}});
  };
  EXPECT_EQ(ask({"predict"}).body, "in");
  EXPECT_EQ(ask({"admin", "predict"}).body, "in");
  for (const std::vector<std::string>& scopes :
       {std::vector<std::string>{}, {"admin"}, {"predict2"}, {"Predict"}}) {
    const http::Response refused = ask(scopes);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(Json::parse(refused.body)["code"], Info(Code::kForbidden).number);
    EXPECT_NE(refused.body.find("`predict`"), std::string::npos) << refused.body;
    EXPECT_EQ(refused.headers.Find("WWW-Authenticate"),
              "Bearer realm=\"keelrow\", error=\"insufficient_scope\", scope=\"predict\"");
  }
  EXPECT_EQ(client_->Get("/scoped").status, 401);
}

TEST_F(Auth, AScopeMayBeForOneModel) {
  const auto status = [this](const std::string& path, std::vector<std::string> scopes) {
    const std::string token = authority_->Issue({.subject = "ann", .scopes = std::move(scopes)});
    return client_->Get(path, {{"Authorization", "Bearer " + token}}).status;
  };
  EXPECT_EQ(status("/models/digits/ask", {"predict:digits"}), 200);
  EXPECT_EQ(status("/models/digits/ask", {"predict"}), 200);
  EXPECT_EQ(status("/models/letters/ask", {"predict:digits"}), 403);
  EXPECT_EQ(status("/models/letters/ask", {"predict:digits", "predict:letters"}), 200);
  EXPECT_EQ(status("/models/a%20b/ask", {"predict:a%20b"}), 200);
  EXPECT_EQ(status("/models/digits%2f..%2fletters/ask", {"predict:digits"}), 400);
  EXPECT_EQ(status("/models/digits", {"manage:digits"}), 200);
  EXPECT_EQ(status("/models/digits", {"predict", "metrics"}), 403);
  EXPECT_EQ(status("/ask", {"predict:digits"}), 200);  // the default model's
  EXPECT_EQ(status("/ask", {"predict:letters"}), 403);
  EXPECT_EQ(status("/scrape", {"predict", "manage"}), 403);
  EXPECT_EQ(status("/scrape", {"metrics"}), 200);
}

TEST_F(Auth, ARefusalNamesTheScopeThatIsMissing) {
  const auto message = [this](const std::string& scope) {
    const std::string token = authority_->Issue({.subject = "ann", .scopes = {scope}});
    const auto refused = client_->Get("/models/a%22b/ask", {{"Authorization", "Bearer " + token}});
    EXPECT_EQ(refused.status, 403);
    return std::string(*refused.headers.Find("WWW-Authenticate"));
  };
  EXPECT_NE(message("metrics").find("scope=\"predict\""), std::string::npos);
  EXPECT_NE(message("predict:digits").find("scope=\"predict:a%22b\""), std::string::npos);
}

TEST_F(Auth, OpenRoutesAndUnknownPathsNeedNone) {
  EXPECT_EQ(client_->Get("/open").body, "open");
  EXPECT_EQ(client_->Get("/none").status, 404);
}

TEST_F(Auth, AbsentTokens) {
  const http::Response response = client_->Get("/who");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.Find("WWW-Authenticate"), "Bearer realm=\"keelrow\"");
  EXPECT_EQ(Json::parse(response.body)["error"], Info(Code::kUnauthenticated).name);
}

TEST_F(Auth, MalformedExpiredForeignUnsignedAndMisissuedTokens) {
  const std::string good = authority_->Issue({.subject = "ann", .ttl = 1h});
  ExpectRefused("Bearer x");
  ExpectRefused("Bearer  " + good);
  ExpectRefused("Basic YTpi");
  ExpectRefused(good);
  ExpectRefused("Bearer " + TokenAuthority(std::string(32, 'f')).Issue({.subject = "eve"}));
  ExpectRefused(
      "Bearer " +
      TokenAuthority(std::string(32, 's'), {.issuer = "other"}).Issue({.subject = "eve"}));
  const std::string payload = good.substr(good.find('.'), good.rfind('.') - good.find('.'));
  ExpectRefused("Bearer " + EncodeBase64(R"({"alg":"none"})", Base64::kUrl) + payload + ".");
  now_ += 1h;
  ExpectRefused("Bearer " + good);
}

TEST_F(Auth, TwoAuthorizationsAreNotATokenAndAGuess) {
  const std::string good = "Bearer " + authority_->Issue({.subject = "ann"});
  const http::Response response =
      client_->Get("/who", {{"Authorization", good}, {"Authorization", "Bearer x"}});
  EXPECT_EQ(response.status, 401);
}

}  // namespace
}  // namespace keelrow::gateway
