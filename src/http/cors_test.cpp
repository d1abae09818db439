#include "http/cors.h"

#include <gtest/gtest.h>

namespace keelrow::http {
namespace {

/// Behind CORS stands a door that nobody without a token passes, as in the real list.
Response Ask(CorsOptions options, std::string method, Headers headers) {
  const Middleware door = [](Request& request, Reply reply, const Next& next) {
    if (!request.headers.Find("Authorization")) return reply(Response::Text("token?", 401));
    next(request, std::move(reply));
  };
  const Router router({{.method = "POST", .pattern = "/", .handler = Sync([](const Request&) {
                                                            return Response::Text("done");
                                                          })}},
                      {Cors(std::move(options)), door});
  Request request{.method = std::move(method), .path = "/", .segments = {""}};
  request.headers = std::move(headers);
  Response answer;
  router.Handle(request, Reply([&](Response response) { answer = std::move(response); }),
                [](auto job) { return job(), true; });
  return answer;
}

const CorsOptions kShop{.origins = {"https://shop.example", "http://localhost:3000"}};

Headers PreflightOf(std::string origin) {
  return {{"Origin", std::move(origin)},
          {"Access-Control-Request-Method", "POST"},
          {"Access-Control-Request-Headers", "authorization,content-type"}};
}

TEST(Cors, APreflightIsAnsweredBeforeTheToken) {
  const Response answer = Ask(kShop, "OPTIONS", PreflightOf("https://shop.example"));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.Find("Access-Control-Allow-Origin"), "https://shop.example");
  EXPECT_EQ(answer.headers.Find("Access-Control-Allow-Methods"), "GET, HEAD, POST");
  EXPECT_EQ(answer.headers.Find("Access-Control-Allow-Headers"),
            "Authorization, Content-Type, x-request-id, traceparent");
  EXPECT_EQ(answer.headers.Find("Access-Control-Max-Age"), "600");
  EXPECT_EQ(answer.headers.Find("Vary"), "Origin");
  EXPECT_EQ(answer.headers.Find("Access-Control-Allow-Credentials"), std::nullopt);
}

TEST(Cors, StrangersAreToldNothing) {
  for (const char* origin : {"https://evil.example", "https://shop.example.evil", "null",
                             "https://shop.example/", "http://shop.example", "*"}) {
    const Response refused = Ask(kShop, "OPTIONS", PreflightOf(origin));
    EXPECT_EQ(refused.status, 403) << origin;
    EXPECT_EQ(refused.headers.Find("Access-Control-Allow-Origin"), std::nullopt);
    const Response passed = Ask(kShop, "POST", {{"Origin", origin}, {"Authorization", "x"}});
    EXPECT_EQ(passed.body, "done");
    EXPECT_EQ(passed.headers.Find("Access-Control-Allow-Origin"), std::nullopt);
    EXPECT_EQ(passed.headers.Find("Vary"), "Origin");
  }
}

TEST(Cors, AnswersAreMarkedAlsoWhenTheyAreRefusals) {
  const Response refused = Ask(kShop, "POST", {{"Origin", "http://localhost:3000"}});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.Find("Access-Control-Allow-Origin"), "http://localhost:3000");
  EXPECT_EQ(refused.headers.Find("Access-Control-Expose-Headers"),
            "x-request-id, Retry-After, RateLimit, RateLimit-Policy");
  const Response without = Ask(kShop, "POST", {{"Authorization", "x"}});
  EXPECT_EQ(without.headers.Find("Access-Control-Allow-Origin"), std::nullopt);
  EXPECT_EQ(without.headers.Find("Vary"), "Origin");
}

TEST(Cors, CredentialsAreForNamedOriginsOnly) {
  CorsOptions options = kShop;
  options.credentials = true;
  const Response answer = Ask(options, "OPTIONS", PreflightOf("https://shop.example"));
  EXPECT_EQ(answer.headers.Find("Access-Control-Allow-Credentials"), "true");
  const Response all = Ask({.origins = {"*"}}, "OPTIONS", PreflightOf("https://any.example"));
  EXPECT_EQ(all.headers.Find("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(all.headers.Find("Vary"), std::nullopt);
  const auto code = [](CorsOptions bad) {
    try {
      Cors(std::move(bad));
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  };
  EXPECT_EQ(code({.origins = {"*"}, .credentials = true}), Code::kBadValue);
  EXPECT_EQ(code({.origins = {"https://shop.example/"}}), Code::kBadValue);
  EXPECT_EQ(code({.origins = {"https://*.example"}}), Code::kBadValue);
  EXPECT_EQ(code({.origins = {"shop.example"}}), Code::kBadValue);
  EXPECT_EQ(code({.origins = {"https://a"}, .methods = {"GET, POST"}}), Code::kBadValue);
}

TEST(Cors, AnOrdinaryOptionsRequestIsNoPreflight) {
  const Response answer =
      Ask(kShop, "OPTIONS", {{"Origin", "https://shop.example"}, {"Authorization", "x"}});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.Find("Access-Control-Allow-Origin"), "https://shop.example");
}

}  // namespace
}  // namespace keelrow::http
