#include "http/guarded_fetch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

/// A host whose paths say something, redirect, or never end.
class GuardedFetchTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto answer = [this](const Request& request) {
      if (request.path == "/moved") return Moved("/picture");
      if (request.path == "/away") return Moved(away_);
      if (request.path == "/round") return Moved("/round");
      if (request.path == "/nowhere") return Moved("");
      if (request.path == "/missing") return Response{.status = 404};
      if (request.path == "/large") return Response::Text(std::string(100'000, 'x'));
      return Response::Text("a picture for " +
                            std::string(request.headers.Find("Authorization").value_or("anybody")));
    };
    server_ = std::make_unique<Server>(ServerOptions{}, Router({{.method = "GET",
                                                                 .pattern = "/{path}",
                                                                 .handler = Sync(answer),
                                                                 .access = Access::kOpen}}));
    server_->Start();
  }

  static Response Moved(const std::string& where) {
    return {.status = 302, .headers = {{"Location", where}}};
  }
  Url At(const std::string& path) const {
    return *ParseUrl(fmt::format("http://127.0.0.1:{}{}", server_->Port(), path));
  }
  GuardedFetch Allowed() const { return {.allowed_origins = {At("/")}}; }
  Code CodeOf(const std::string& path, const GuardedFetch& options) const {
    try {
      FetchGuarded(At(path), options);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;  // stands for no refusal
  }

  std::string away_;
  std::unique_ptr<Server> server_;
};

TEST_F(GuardedFetchTest, FetchesFromAllowedOriginsOnly) {
  EXPECT_EQ(FetchGuarded(At("/picture"), Allowed()), "a picture for anybody");
  EXPECT_EQ(FetchGuarded(At("/moved"), Allowed()), "a picture for anybody");
  EXPECT_EQ(CodeOf("/picture", {}), Code::kForbidden);
  Url other_port = At("/");
  ++other_port.port;
  EXPECT_EQ(CodeOf("/picture", {.allowed_origins = {other_port}}), Code::kForbidden)
      << "another service of an allowed host";
}

TEST_F(GuardedFetchTest, ARedirectIsGuardedToo) {
  for (const char* where : {"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/",
                            "http://localhost:6379/"}) {
    away_ = where;
    EXPECT_EQ(CodeOf("/away", Allowed()), Code::kForbidden) << where;
  }
  for (const char* where : {"file:///etc/passwd", "//127.0.0.1/", "picture"}) {
    away_ = where;
    EXPECT_EQ(CodeOf("/away", Allowed()), Code::kBadRequest) << where;
  }
  EXPECT_EQ(CodeOf("/round", Allowed()), Code::kBadRequest);
  EXPECT_EQ(CodeOf("/nowhere", Allowed()), Code::kBadRequest);
}

TEST_F(GuardedFetchTest, ATokenGoesToItsOwnOriginOnly) {
  GuardedFetch options = Allowed();
  const Url home = At("/");
  options.headers = [home](const Url& url) {
    return SameOrigin(url, home) ? Headers{{"Authorization", "Token t"}} : Headers{};
  };
  EXPECT_EQ(FetchGuarded(At("/picture"), options), "a picture for Token t");
  Server other(
      {}, Router({{.method = "GET",
                   .pattern = "/",
                   .handler = Sync([](const Request& request) {
                     return Response::Text(std::to_string(request.headers.Count("Authorization")));
                   }),
                   .access = Access::kOpen}}));
  other.Start();
  away_ = fmt::format("http://127.0.0.1:{}/", other.Port());
  options.allowed_origins.push_back(*ParseUrl(away_));
  EXPECT_EQ(FetchGuarded(At("/away"), options), "0");
}

TEST_F(GuardedFetchTest, ATokenDoesNotComeBackFromAnotherOrigin) {
  Server other(
      {},
      Router({{.method = "GET",
               .pattern = "/",
               .handler = Sync([this](const Request&) { return Moved(At("/picture").ToString()); }),
               .access = Access::kOpen}}));
  other.Start();
  away_ = fmt::format("http://127.0.0.1:{}/", other.Port());
  GuardedFetch options = Allowed();
  options.allowed_origins.push_back(*ParseUrl(away_));
  options.headers = [](const Url&) { return Headers{{"Authorization", "Token t"}}; };
  EXPECT_EQ(FetchGuarded(At("/moved"), options), "a picture for Token t");
  EXPECT_EQ(FetchGuarded(At("/away"), options), "a picture for anybody");
}

TEST_F(GuardedFetchTest, PublicHostsMustBeNamed) {
  const std::vector<std::string> names = {"images.example", "*.cloud.example"};
  for (const char* host : {"images.example", "a.cloud.example", "a.b.cloud.example"}) {
    EXPECT_TRUE(IsNamed(host, names)) << host;
  }
  for (const char* host :
       {"cloud.example", "evilcloud.example", "images.example.evil", "a", "", ".cloud.example"}) {
    EXPECT_FALSE(IsNamed(host, names)) << host;
  }
  EXPECT_TRUE(IsNamed("any.where", {"*"}));
  EXPECT_FALSE(IsNamed("any.where", {}));
  GuardedFetch options = Allowed();
  options.public_hosts = names;
  const auto code = [&](const char* url) {
    try {
      FetchGuarded(*ParseUrl(url), options);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  };
  EXPECT_EQ(code("http://192.88.98.1/"), Code::kForbidden) << "public, but nobody named it";
  EXPECT_EQ(FetchGuarded(At("/picture"), options), "a picture for anybody");
}

TEST_F(GuardedFetchTest, SizeTimeAndStatusAreBounds) {
  GuardedFetch options = Allowed();
  options.bytes_max = 10'000;
  EXPECT_EQ(CodeOf("/large", options), Code::kTooLarge);
  EXPECT_EQ(CodeOf("/missing", Allowed()), Code::kIo);
  options.deadline = std::chrono::steady_clock::now() - 1ms;
  EXPECT_EQ(CodeOf("/picture", options), Code::kTimeout);
}

}  // namespace
}  // namespace keelrow::http
