#include "http/middleware.h"

#include <gtest/gtest.h>

#include "http/client.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

TEST(RequestId, IsKeptWhenSafeAndMadeOtherwise) {
  Server server({}, Router({{.method = "GET", .pattern = "/", .handler = Sync([](const Request& r) {
                                                                return Response::Text(r.id);
                                                              })}},
                           {RequestId()}));
  server.Start();
  Client client({.port = server.Port()});
  const Response kept = client.Get("/", {{"X-Request-Id", "abc-1.2_Z"}});
  EXPECT_EQ(kept.body, "abc-1.2_Z");
  EXPECT_EQ(kept.headers.Find("x-request-id"), "abc-1.2_Z");
  const std::string first = client.Get("/").body;
  const std::string second = client.Get("/", {{"x-request-id", "bad id\twith <tags>"}}).body;
  EXPECT_EQ(first.size(), 18u);
  EXPECT_NE(first, second);
  EXPECT_EQ(second.find('<'), std::string::npos);
}

TEST(Observe, SeesEveryAnswerEvenWithoutARoute) {
  std::vector<int> statuses;
  {
    Server server({}, Router({{.method = "GET", .pattern = "/", .handler = Sync([](const Request&) {
                                                                  return Response::Text("x");
                                                                })}},
                             {RequestId(), Observe([&](const Observed& seen) {
                                EXPECT_FALSE(seen.request.id.empty());
                                EXPECT_GE(seen.duration.count(), 0);
                                statuses.push_back(seen.response.status);
                              })}));
    server.Start();
    Client client({.port = server.Port()});
    client.Get("/");
    client.Get("/none");
    client.Post("/", "x");
  }
  EXPECT_EQ(statuses, (std::vector<int>{200, 404, 405}));
}

}  // namespace
}  // namespace keelrow::http
