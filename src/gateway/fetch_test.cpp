#include "gateway/fetch.h"

#include <gtest/gtest.h>

#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;

TEST(Url, PartsOfAddresses) {
  const auto parts = [](const char* text) {
    const auto url = ParseUrl(text);
    if (!url) return url.error().message();
    return url->scheme + " " + url->host + " " + std::to_string(url->port) + " " + url->target;
  };
  EXPECT_EQ(parts("http://a.example/keys?x=1"), "http a.example 80 /keys?x=1");
  EXPECT_EQ(parts("https://a.example"), "https a.example 443 /");
  EXPECT_EQ(parts("http://a:8080?x"), "http a 8080 /?x");
  EXPECT_EQ(parts("http://[::1]:9/"), "http ::1 9 /");
  EXPECT_EQ(parts("http://[::1]"), "http ::1 80 /");
}

TEST(Url, WhatIsNone) {
  for (const char* text : {"",
                           "a",
                           "file:///etc/passwd",
                           "HTTP://a",
                           "gopher://a/",
                           "http://",
                           "http:///x",
                           "http://:80/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:x/",
                           "http://a:/",
                           "http://a:80:80/",
                           "http://u@a/",
                           "http://u:p@a/",
                           "http://a/#x",
                           "http://a/ b",
                           "http://a/\r\nX: y",
                           "http://a\\b/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://\xc3\xbc/"}) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), Code::kBadValue);
  }
}

TEST(Url, LoopbackByItsOwnWord) {
  for (const char* text : {"http://localhost/", "http://127.0.0.1:8/", "http://[::1]/"}) {
    EXPECT_TRUE(ParseUrl(text)->IsLoopback()) << text;
  }
  for (const char* text : {"http://127.0.0.1.evil.example/", "http://10.0.0.1/", "http://0.0.0.0/",
                           "http://localhost.evil.example/", "http://128.0.0.1/"}) {
    EXPECT_FALSE(ParseUrl(text)->IsLoopback()) << text;
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
      Fetch({.scheme = "http", .host = "127.0.0.1", .port = server.Port(), .target = path}, limits);
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
  EXPECT_THROW(Fetch(ParseUrl("https://a.example/").Value(), {}), Error);
}

}  // namespace
}  // namespace keelrow::gateway
