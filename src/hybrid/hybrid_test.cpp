#include "hybrid/hybrid.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "http/client.h"
#include "http/server.h"

namespace keelrow::hybrid {
namespace {

using namespace std::chrono_literals;
using Headers = http::Headers;

/// A private service with one route and a public one that says what it was asked.
class HybridCalls : public testing::Test {
 protected:
  HybridCalls() { public_.Start(); }

  http::Router PublicRoutes() {
    const auto answer = [this](const http::Request& request, http::Reply reply) {
      const std::lock_guard lock(mutex_);
      seen_ = request;
      if (never_) return kept_.push_back(std::move(reply));
      http::Response response = http::Response::Text("public:" + request.body, status_);
      response.headers.Add("Set-Cookie", "a=b");
      reply(std::move(response));
    };
    return http::Router({{.method = "POST", .pattern = "/{a}", .handler = answer},
                         {.method = "POST", .pattern = "/{a}/{b}/{c}", .handler = answer},
                         {.method = "POST", .pattern = "/{a}/{b}/{c}/{d}", .handler = answer}});
  }

  EndpointOptions To(Protocol protocol) {
    return {.name = "cloud",
            .protocol = protocol,
            .url = http::ParseUrl("http://127.0.0.1:" + std::to_string(public_.Port())).Value(),
            .region = "eu-central-1",
            .timeout = 500ms};
  }

  void Serve(std::vector<EndpointOptions> endpoints, std::vector<Rule> rules,
             std::vector<Residency> residency = {}) {
    const auto private_answer = http::Sync([this](const http::Request& request) {
      http::Response response = http::Response::Text("private:" + request.body, private_status_);
      if (!label_.empty()) response.headers.Add(kLabelField, label_);
      if (!confidence_.empty()) response.headers.Add(kConfidenceField, confidence_);
      return response;
    });
    const http::Middleware who = [](http::Request& request, http::Reply reply,
                                    const http::Next& next) {
      if (const auto tenant = request.headers.Find("X-Tenant")) {
        request.identity = http::Identity{.subject = std::string(*tenant), .scopes = {}};
      }
      next(request, std::move(reply));
    };
    const http::Middleware hybrid =
        MakeHybrid({.endpoints = std::move(endpoints),
                    .rules = std::move(rules),
                    .residency = std::move(residency),
                    .model_of = [](const http::Request&) { return "digits"; },
                    .on_call =
                        [this](const Called& called) {
                          const std::lock_guard lock(mutex_);
                          calls_ +=
                              std::string(called.rule) + "/" + std::string(called.result) + " ";
                        }});
    server_ = std::make_unique<http::Server>(
        http::ServerOptions{},
        http::Router({{.method = "POST",
                       .pattern = "/predict",
                       .handler = private_answer,
                       .run_on = http::RunOn::kWorkers,
                       .scope = "predict"},
                      {.method = "POST",
                       .pattern = "/v2/models/{model}/infer",
                       .handler = private_answer,
                       .scope = "predict",
                       .protocol = "open_inference"},
                      {.method = "POST", .pattern = "/manage", .handler = private_answer}},
                     {who, hybrid}));
    server_->Start();
  }

  http::Response Ask(const std::string& target = "/predict", Headers headers = {}) {
    return http::Client({.port = server_->Port(), .timeout = 10s})
        .Post(target, "x", std::move(headers));
  }
  std::string Calls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, "");
  }
  http::Request Seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  std::mutex mutex_;  // of these
  http::Request seen_;
  std::string calls_;
  std::vector<http::Reply> kept_;
  std::atomic<bool> never_{false};
  std::atomic<int> status_{200};
  std::atomic<int> private_status_{200};
  std::string label_, confidence_;
  http::Server public_{{}, PublicRoutes()};
  std::unique_ptr<http::Server> server_;
};

TEST_F(HybridCalls, AlwaysGoesThereAndFallsBackWhenItFails) {
  Serve({To(Protocol::kKeelrow)}, {{.name = "all", .endpoint = "cloud"}});
  const http::Response answer = Ask();
  EXPECT_EQ(answer.body, "public:x");
  EXPECT_EQ(answer.headers.Find("x-keelrow-endpoint"), "cloud");
  EXPECT_FALSE(answer.headers.Find("Set-Cookie"));
  for (const int failure : {404, 500, 503, 429, 401, 403}) {
    status_ = failure;
    EXPECT_EQ(Ask().body, "private:x") << failure;
  }
  status_ = 200;
  EXPECT_EQ(Ask().body, "private:x");
  EXPECT_EQ(Calls(),
            "all/answered all/failed all/failed all/failed all/failed all/failed all/failed "
            "all/open ");
  EXPECT_EQ(Ask("/manage").body, "private:x");
  EXPECT_EQ(Calls(), "");
}

TEST_F(HybridCalls, InventedNamesCloseTheEndpointForNobody) {
  Serve({To(Protocol::kKeelrow)}, {{.name = "all", .endpoint = "cloud"}});
  status_ = 404;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Ask().body, "private:x");
  status_ = 200;
  EXPECT_EQ(Ask().body, "public:x");
}

TEST_F(HybridCalls, AClientsMistakeIsItsOwn) {
  Serve({To(Protocol::kKeelrow)}, {{.name = "all", .endpoint = "cloud"}});
  status_ = 422;
  EXPECT_EQ(Ask().status, 422);
  EXPECT_EQ(Calls(), "all/answered ");
}

TEST_F(HybridCalls, WithoutAFallbackAFailureIsTheAnswer) {
  Serve({To(Protocol::kKeelrow)}, {{.name = "all", .endpoint = "cloud", .fallback = false}});
  status_ = 500;
  const http::Response answer = Ask();
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.body.find("127.0.0.1"), std::string::npos) << answer.body;
  never_ = true;
  EXPECT_EQ(Ask().status, 504);
  EXPECT_EQ(Calls(), "all/failed all/timeout ");
}

TEST_F(HybridCalls, NothingOfAClientLeavesButItsQuestion) {
  EndpointOptions endpoint = To(Protocol::kKeelrow);
  endpoint.authorize = [](http::ClientRequest& request,
                          const std::string&) -> std::optional<Error> {
    request.headers.Set("Authorization", "Bearer ours");
    return {};
  };
  Serve({endpoint}, {{.name = "all", .endpoint = "cloud"}});
  Ask("/predict?a=1", {{"Authorization", "Bearer client's"},
                       {"Cookie", "session=1"},
                       {"X-API-Key", "k"},
                       {"X-Forwarded-For", "10.0.0.1"},
                       {"Content-Type", "text/csv"}});
  const http::Request seen = Seen();
  EXPECT_EQ(seen.target, "/predict?a=1");
  EXPECT_EQ(seen.headers.Find("Authorization"), "Bearer ours");
  EXPECT_EQ(seen.headers.Find("Content-Type"), "text/csv");
  for (const char* field : {"Cookie", "X-API-Key", "X-Forwarded-For", "traceparent"}) {
    EXPECT_FALSE(seen.headers.Find(field)) << field;
  }
}

TEST_F(HybridCalls, EachProtocolHasItsPath) {
  EndpointOptions sagemaker = To(Protocol::kSageMaker);
  sagemaker.model = "digits v2";
  sagemaker.authorize = [](http::ClientRequest& request,
                           const std::string& authority) -> std::optional<Error> {
    SignForAws(request, authority, {.id = "id", .secret = "secret"}, "eu-central-1", "sagemaker",
               std::chrono::system_clock::now());
    return {};
  };
  Serve({sagemaker}, {{.name = "all", .endpoint = "cloud"}});
  Ask();
  EXPECT_EQ(Seen().target, "/endpoints/digits%20v2/invocations");
  EXPECT_TRUE(Seen().headers.Find("Authorization")->starts_with("AWS4-HMAC-SHA256 Credential=id/"));

  Serve({To(Protocol::kOpenInference)}, {{.name = "all", .endpoint = "cloud"}});
  EXPECT_EQ(Ask("/predict").body, "private:x") << "it does not speak that";
  EXPECT_EQ(Ask("/v2/models/digits/infer").body, "public:x");
  EXPECT_EQ(Seen().target, "/v2/models/digits/infer");
}

TEST_F(HybridCalls, AFullPrivateSideIsRelieved) {
  Serve({To(Protocol::kKeelrow)},
        {{.name = "burst", .endpoint = "cloud", .when = When::kSaturated}});
  EXPECT_EQ(Ask().body, "private:x");
  private_status_ = 503;
  EXPECT_EQ(Ask().body, "public:x");
  status_ = 500;
  EXPECT_EQ(Ask().status, 503) << "what the private side said";
  EXPECT_EQ(Calls(), "burst/answered burst/failed ");
}

TEST_F(HybridCalls, WhatThePrivateSideIsUnsureOfIsAskedThere) {
  Serve({To(Protocol::kKeelrow)}, {{.name = "tail",
                                    .endpoint = "cloud",
                                    .when = When::kLongTail,
                                    .labels = {"blåbær"},
                                    .confidence_below = 0.5}});
  label_ = "common";
  confidence_ = "0.9";
  EXPECT_EQ(Ask().body, "private:x");
  confidence_ = "0.3";
  EXPECT_EQ(Ask().body, "public:x");
  confidence_ = "0.9";
  label_ = "bl%C3%A5b%C3%A6r";
  EXPECT_EQ(Ask().body, "public:x");
}

TEST_F(HybridCalls, ResidencyForbids) {
  Serve({To(Protocol::kKeelrow)}, {{.name = "all", .endpoint = "cloud"}},
        {{.tenants = {"clinic"}, .regions = {}}, {.tenants = {"bank"}, .regions = {"us-*"}}});
  EXPECT_EQ(Ask("/predict", {{"X-Tenant", "shop"}}).body, "public:x");
  EXPECT_EQ(Ask("/predict", {{"X-Tenant", "bank"}}).body, "private:x");
  EXPECT_EQ(Ask("/predict", {{"X-Tenant", "clinic"}}).body, "private:x");
  EXPECT_EQ(Calls(), "all/answered all/forbidden all/forbidden ");
}

TEST_F(HybridCalls, ABudgetEnds) {
  const TemporaryFolder folder;
  EndpointOptions endpoint = To(Protocol::kKeelrow);
  endpoint.cost = 0.5;
  endpoint.budget =
      std::make_shared<Budget>(BudgetOptions{.limit = 1, .file = folder.path() / "budget.json"});
  Serve({endpoint}, {{.name = "all", .endpoint = "cloud"}});
  int there = 0;
  for (int i = 0; i < 300; ++i) {
    there += Ask().body == "public:x";
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(there, 2);
}

TEST_F(HybridCalls, NoMoreAtOnceThanItMayHave) {
  EndpointOptions endpoint = To(Protocol::kKeelrow);
  endpoint.concurrency = 1;
  endpoint.timeout = 5s;
  Serve({endpoint}, {{.name = "all", .endpoint = "cloud"}});
  never_ = true;
  std::jthread first([&] { Ask(); });
  while (Seen().body.empty()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(Ask().body, "private:x");
  EXPECT_EQ(Calls(), "all/busy ");
  const std::lock_guard lock(mutex_);
  kept_.clear();  // answers 500
}

TEST_F(HybridCalls, AStopAnswersWhoWaits) {
  EndpointOptions endpoint = To(Protocol::kKeelrow);
  endpoint.timeout = 20s;
  Serve({endpoint}, {{.name = "all", .endpoint = "cloud"}});
  never_ = true;
  std::jthread waiting([&] {
    try {
      EXPECT_GE(Ask().status, 500);
    } catch (const Error&) {  // the connection was closed
    }
  });
  while (Seen().body.empty()) std::this_thread::sleep_for(1ms);
  server_->Stop();
  server_.reset();
}

TEST_F(HybridCalls, ARuleAboutNoEndpointIsRefused) {
  EXPECT_THROW(Serve({}, {{.name = "all", .endpoint = "cloud"}}), Error);
}

TEST(HybridSecrets, AProfileOfAFile) {
  const auto keys = ParseAwsCredentials(
      "# ours\n[default]\naws_access_key_id=A\naws_secret_access_key = s=1\r\n\n[lab]\n"
      "aws_access_key_id = B\naws_secret_access_key = t\naws_session_token = u\n",
      "lab");
  EXPECT_EQ(*keys, (AwsKeys{.id = "B", .secret = "t", .session_token = "u"}));
  EXPECT_FALSE(ParseAwsCredentials("[default]\naws_access_key_id = A\n", "default").ok());
  EXPECT_FALSE(ParseAwsCredentials("", "default").ok());
}

TEST(HybridSecrets, ATokenOfAFileIsReadAnew) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "token";
  const Authorize authorize = TokenOfFile(file, "api-key");
  http::ClientRequest request;
  EXPECT_EQ(authorize(request, "h")->code(), Code::kNotFound);
  WriteFileDurably(file, "one\n");
  EXPECT_FALSE(authorize(request, "h"));
  EXPECT_EQ(request.headers.Find("api-key"), "one");
  WriteFileDurably(file, "two");
  EXPECT_FALSE(authorize(request, "h"));
  EXPECT_EQ(request.headers.Find("api-key"), "two");
}

}  // namespace
}  // namespace keelrow::hybrid
