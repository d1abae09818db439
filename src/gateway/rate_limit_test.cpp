#include "gateway/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/json.h"
#include "http/client.h"
#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

/// A limiter whose time stands still, and what it has refused.
class Limits : public testing::Test {
 protected:
  RateLimitOptions Options() {
    return {.all = {},
            .clock = [this] { return std::chrono::nanoseconds(now_); },
            .on_limited =
                [this](std::string_view limit) {
                  const std::lock_guard lock(mutex_);
                  limited_.emplace_back(limit);
                }};
  }

  static int Pass(RateLimiter& limiter, const Asked& asked, int asks) {
    int passed = 0;
    for (int i = 0; i < asks; ++i) passed += limiter.Admit(asked).allowed;
    return passed;
  }

  std::atomic<std::chrono::nanoseconds> now_{1h};
  std::mutex mutex_;
  std::vector<std::string> limited_;
};

TEST_F(Limits, AThousandASecondUnlessToldOtherwise) {
  RateLimiter limiter(RateLimitOptions{.clock = Options().clock});
  EXPECT_EQ(limiter.Policy(), R"("all";q=1000;w=1)");
  EXPECT_EQ(Pass(limiter, {.client = "ann"}, 1500), 1000);
  EXPECT_EQ(Pass(limiter, {.client = "bob"}, 1500), 0);
  now_ = now_.load() + 500ms;
  EXPECT_EQ(Pass(limiter, {.client = "bob"}, 1500), 500);
}

TEST_F(Limits, WhatOneLimitRefusesTakesFromNoOther) {
  RateLimitOptions options = Options();
  options.all = {.per_second = 1, .burst = 100};
  options.client = {.per_second = 1, .burst = 10};
  options.model = {.per_second = 1, .burst = 15};
  RateLimiter limiter(options);
  EXPECT_EQ(limiter.Policy(), R"("all";q=100;w=100, "client";q=10;w=10, "model";q=15;w=15)");

  EXPECT_EQ(Pass(limiter, {.client = "ann", .model = "digits"}, 500), 10);
  EXPECT_EQ(limiter.Admit({.client = "ann", .model = "digits"}).limit, "client");
  EXPECT_EQ(Pass(limiter, {.client = "bob", .model = "digits"}, 500), 5);
  EXPECT_EQ(limiter.Admit({.client = "bob", .model = "digits"}).limit, "model");
  EXPECT_EQ(Pass(limiter, {.client = "bob", .model = "faces"}, 500), 5);  // 10 in all for bob
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += Pass(limiter, {.client = std::to_string(i)}, 2);
  EXPECT_EQ(passed, 100 - 20);  // what was refused above took nothing
  EXPECT_EQ(limiter.Admit({.client = "eve"}).limit, "all");
  EXPECT_THAT(limited_, testing::Contains("model"));
  EXPECT_THAT(limited_, testing::Contains("client"));
  EXPECT_THAT(limited_, testing::Contains("all"));
}

TEST_F(Limits, LargeBodiesCostMore) {
  RateLimitOptions options = Options();
  options.all = {.per_second = 1, .burst = 10};
  options.bytes_per_unit = 1000;
  RateLimiter limiter(options);
  EXPECT_EQ(limiter.Admit({.client = "ann", .body_bytes = 999}).left, 9);
  EXPECT_EQ(limiter.Admit({.client = "ann", .body_bytes = 3500}).left, 5);
  const Verdict refused = limiter.Admit({.client = "ann", .body_bytes = 9000});
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.wait, 5s);
}

TEST_F(Limits, ClientsAreBounded) {
  RateLimitOptions options = Options();
  options.client = {.per_second = 1, .burst = 10};
  options.clients_max = 64;
  RateLimiter limiter(options);
  for (int i = 0; i < 10'000; ++i) limiter.Admit({.client = std::to_string(i)});
  EXPECT_LE(limiter.Clients(), 64u);
}

std::string ClientAt(std::string remote) {
  http::Request request;
  request.remote = std::move(remote);
  return ClientOf(request);
}

TEST(ClientOf, IsTheSubjectElseTheAddress) {
  http::Request request;
  request.remote = "192.0.2.1:1234";
  request.identity = http::Identity{.subject = "ann"};
  EXPECT_EQ(ClientOf(request), "subject ann");
  EXPECT_EQ(ClientAt("192.0.2.1:1234"), ClientAt("192.0.2.1:99"));
  EXPECT_NE(ClientAt("192.0.2.1:1234"), ClientAt("192.0.2.2:1234"));
  EXPECT_EQ(ClientAt("2001:db8:1:2:3:4:5:6:1234"), "address 2001:db8:1:2::/64");
  EXPECT_EQ(ClientAt("2001:db8:1:2:ffff::1:1"), "address 2001:db8:1:2::/64");
  EXPECT_NE(ClientAt("2001:db8:1:3::1:1"), ClientAt("2001:db8:1:2::1:1"));
  EXPECT_EQ(ClientAt("::ffff:192.0.2.1:1234"), ClientAt("192.0.2.1:1234"));
}

/// Behind a real server: what clients see.
class LimitedServer : public Limits {
 protected:
  void Start(RateLimitOptions options) {
    const auto answer =
        http::Sync([](const http::Request&) { return http::Response::Text("answer"); });
    std::vector<http::Route> routes = {
        {.method = "POST", .pattern = "/predict", .handler = answer, .scope = "predict"},
        {.method = "POST", .pattern = "/models/{name}", .handler = answer, .scope = "predict"},
        {.method = "GET", .pattern = "/healthz", .handler = answer, .access = http::Access::kOpen}};
    const ModelOf model_of = [](const http::Request& request) -> std::string {
      const auto name = request.params.find("name");
      return name == request.params.end() ? "digits" : name->second;
    };
    server_.emplace(
        http::ServerOptions{},
        http::Router(routes, {Limit(std::make_shared<RateLimiter>(options), model_of)}));
    server_->Start();
    client_.emplace(http::ClientOptions{.port = server_->Port()});
  }

  std::optional<http::Server> server_;
  std::optional<http::Client> client_;
};

TEST_F(LimitedServer, SaysHowMuchIsLeftAndWhenToComeBack) {
  RateLimitOptions options = Options();
  options.all = {.per_second = 0.5, .burst = 2};
  Start(options);
  http::Response response = client_->Post("/predict", "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Find("RateLimit-Policy"), R"("all";q=2;w=4)");
  EXPECT_EQ(response.headers.Find("RateLimit"), R"("all";r=1;t=2)");
  EXPECT_EQ(client_->Post("/predict", "").headers.Find("RateLimit"), R"("all";r=0;t=4)");
  response = client_->Post("/predict", "");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(Json::parse(response.body)["code"], Info(Code::kRateLimited).number);
  EXPECT_EQ(response.headers.Find("Retry-After"), "2");
  EXPECT_EQ(response.headers.Find("RateLimit"), R"("all";r=0;t=2)");
  now_ = now_.load() + 2s;
  EXPECT_EQ(client_->Post("/predict", "").status, 200);
}

TEST_F(LimitedServer, ProbesAndUnknownPathsAreNotCounted) {
  RateLimitOptions options = Options();
  options.all = {.per_second = 1, .burst = 1};
  Start(options);
  EXPECT_EQ(client_->Post("/predict", "").status, 200);
  EXPECT_EQ(client_->Post("/predict", "").status, 429);
  for (int i = 0; i < 5; ++i) {
    const http::Response probe = client_->Get("/healthz");
    EXPECT_EQ(probe.status, 200);
    EXPECT_EQ(probe.headers.Count("RateLimit"), 0u);
    EXPECT_EQ(client_->Get("/nothing").status, 404);
  }
}

TEST_F(LimitedServer, ModelsAreThoseThatTheRouteNames) {
  RateLimitOptions options = Options();
  options.model = {.per_second = 1, .burst = 1};
  Start(options);
  EXPECT_EQ(client_->Post("/models/a", "").status, 200);
  EXPECT_EQ(client_->Post("/models/b", "").status, 200);
  EXPECT_EQ(client_->Post("/predict", "").status, 200);
  EXPECT_EQ(client_->Post("/models/a", "").status, 429);
  EXPECT_EQ(client_->Post("/models/digits", "").status, 429);
}

TEST_F(LimitedServer, WithoutALimitNothingIsSaid) {
  Start(Options());
  const http::Response response = client_->Post("/predict", "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Count("RateLimit"), 0u);
}

}  // namespace
}  // namespace keelrow::gateway
