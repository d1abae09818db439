#include "serve/http_options.h"

#include <gtest/gtest.h>

#include "base/queue.h"
#include "http/server.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;

class Wired : public ServiceTest {};

TEST_F(Wired, PagesOfListedOriginsAskWithoutATokenWhetherTheyMay) {
  ModelServiceOptions options = Options();
  options.config.cors.origins = {"https://shop.example"};
  ModelService service(options);
  service.Start();
  http::Client client({.port = service.Port()});
  const http::Response may = client.Send(
      {.method = "OPTIONS",
       .target = "/predict",
       .headers = {{"Origin", "https://shop.example"}, {"Access-Control-Request-Method", "POST"}}});
  EXPECT_EQ(may.status, 204);
  EXPECT_EQ(may.headers.Find("Access-Control-Allow-Origin"), "https://shop.example");
  const http::Response refused =
      client.Post("/predict", "{}", {{"Origin", "https://shop.example"}});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.Find("Access-Control-Allow-Origin"), "https://shop.example");
}

TEST_F(Wired, SpansGoWhereTheProjectFileSays) {
  BoundedQueue<std::string> bodies(10);
  http::Server collector({},
                         http::Router({{.method = "POST",
                                        .pattern = "/v1/traces",
                                        .handler = http::Sync([&](const http::Request& request) {
                                          bodies.TryPush(request.body);
                                          return http::Response::Text("{}");
                                        })}}));
  collector.Start();
  {
    ModelServiceOptions options = Options();
    options.config.tracing = {.endpoint = "http://127.0.0.1:" + std::to_string(collector.Port()),
                              .sample = 1};
    ModelService service(options);
    service.Start();
    http::Client({.port = service.Port()}).Get("/healthz");
  }
  EXPECT_NE(bodies.PopFor(20s).value_or("").find("/healthz"), std::string::npos);
}

TEST_F(Wired, WhatCannotBeIsSaidAtTheStart) {
  const auto code = [&](auto change) {
    ModelServiceOptions options = Options();
    change(options.config);
    try {
      ModelService service(options);
      service.Start();
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  };
  EXPECT_EQ(code([](auto& config) { config.cors.origins = {"shop"}; }), Code::kBadValue);
  EXPECT_EQ(code([](auto& config) { config.tracing.endpoint = "collector"; }), Code::kBadValue);
  EXPECT_EQ(code([](auto& config) { config.tls = {.certificate = "none.pem", .key = "none.key"}; }),
            Code::kNotFound);
}

}  // namespace
}  // namespace keelrow::serve
