#include "gateway/fetch.h"

#include <gtest/gtest.h>

#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

TEST(Fetch, LoopbackByItsOwnWord) {
  for (const char* text : {"http://localhost/", "http://127.0.0.1:8/", "http://[::1]/"}) {
    EXPECT_TRUE(IsLoopback(http::ParseUrl(text).Value())) << text;
  }
  for (const char* text : {"http://127.0.0.1.evil.example/", "http://10.0.0.1/", "http://0.0.0.0/",
                           "http://localhost.evil.example/", "http://128.0.0.1/"}) {
    EXPECT_FALSE(IsLoopback(http::ParseUrl(text).Value())) << text;
  }
}

TEST(Fetch, AnswersAndFailures) {
  const auto text = [](int status) {
    return http::Sync([status](const http::Request&) {
      return http::Response::Text(std::string(2000, 'x'), status);
    });
  };
  http::Server server({},
                      http::Router({{.method = "GET", .pattern = "/ok", .handler = text(200)},
                                    {.method = "GET", .pattern = "/moved", .handler = text(302)},
                                    {.method = "GET",
                                     .pattern = "/never",
                                     .handler = [](const http::Request&, http::Reply reply) {
                                       static std::vector<http::Reply> kept;
                                       kept.push_back(std::move(reply));
                                     }}}));
  server.Start();
  const auto code = [&](const char* path, FetchLimits limits) {
    try {
      Fetch({.host = "127.0.0.1", .port = server.Port(), .target = path}, limits);
      return std::optional<Code>();
    } catch (const Error& error) {
      return std::optional(error.code());
    }
  };
  EXPECT_EQ(code("/ok", {}), std::nullopt);
  EXPECT_EQ(code("/ok", {.bytes_max = 1999}), Code::kTooLarge);
  EXPECT_EQ(code("/moved", {}), Code::kIo);
  EXPECT_EQ(code("/none", {}), Code::kIo);
  EXPECT_EQ(code("/never", {.timeout = 50ms}), Code::kTimeout);
  server.Stop(0ms);
  EXPECT_EQ(code("/ok", {}), Code::kIo);
}

}  // namespace
}  // namespace keelrow::gateway
