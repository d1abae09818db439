#include "serve/management.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "protocols/protocols.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;

struct Listed {
  std::string path;  // with something in the place of its parameters
  std::string method;
  std::string access;
};

std::vector<Listed> AllListed() {
  std::vector<Listed> rows;
  const fs::path golden = fs::path(KEELROW_SOURCE_DIR) / "tests" / "golden" / "routes.txt";
  for (const std::string& line : SplitText(ReadFile(golden), '\n')) {
    const std::vector<std::string> words = SplitText(line, ' ');
    if (words.size() < 3) continue;
    std::string path = words[0];
    for (const auto& [name, value] : {std::pair{"{model}", "tiny"}, {"{version}", "1"}}) {
      const size_t at = path.find(name);
      if (at != std::string::npos) path.replace(at, std::string(name).size(), value);
    }
    rows.push_back({.path = path, .method = words[1], .access = words[2]});
  }
  return rows;
}

class ManagementTest : public ServiceTest {
 protected:
  void StartWith(const std::function<void(project::ServeConfig&)>& change) {
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    change(options.config);
    Start(std::move(options));
    ASSERT_TRUE(service_->WaitUntilReady(60s));
  }
  http::Response Send(uint16_t port, const std::string& method, const std::string& path,
                      http::Headers headers) const {
    return http::Client({.port = port})
        .Send({.method = method, .target = path, .headers = std::move(headers)});
  }
};

TEST_F(ManagementTest, NoRouteOfTheTableManagesForATokenThatPredicts) {
  StartWith([](auto&) {});
  int managing = 0;
  for (const Listed& row : AllListed()) {
    // What changes something is either a prediction or management: there is no third kind.
    if (row.method != "GET" && !kOpenPosts.contains(row.path)) {
      EXPECT_THAT(row.access, testing::AnyOf("token:predict", "token:manage")) << row.path;
    }
    if (row.access != "token:manage") continue;
    ++managing;
    EXPECT_EQ(Send(service_->Port(), row.method, row.path, {}).status, 401) << row.path;
    const http::Headers predicts = {{"Authorization", "Bearer " + Token({"predict", "metrics"})}};
    EXPECT_EQ(Send(service_->Port(), row.method, row.path, predicts).status, 403) << row.path;
    // From another machine not even a token that manages is enough.
    const http::Headers proxied = {{"Authorization", "Bearer " + Token({"manage"})},
                                   {"X-Forwarded-For", "192.0.2.7"}};
    EXPECT_EQ(Send(service_->Port(), row.method, row.path, proxied).status, 403) << row.path;
  }
  EXPECT_GE(managing, 12);
  EXPECT_EQ(Ask("image/png", data::EncodePng(NoisePicture(1))).status, 200);  // nothing happened
}

TEST_F(ManagementTest, WithoutTokensItIsStillForThisMachine) {
  StartWith([](auto& config) { config.auth.enabled = false; });
  const uint16_t port = service_->Port();
  EXPECT_EQ(Send(port, "GET", "/models", {}).status, 200);
  EXPECT_EQ(Send(port, "GET", "/models", {{"X-Forwarded-For", "192.0.2.7"}}).status, 403);
}

TEST_F(ManagementTest, OtherMachinesMayWhereItIsConfigured) {
  StartWith([](auto& config) { config.management.remote = true; });
  const http::Headers proxied = {{"Authorization", "Bearer " + Token({"manage"})},
                                 {"X-Forwarded-For", "192.0.2.7"}};
  EXPECT_EQ(Send(service_->Port(), "GET", "/models", proxied).status, 200);
}

TEST_F(ManagementTest, AListenerOfItsOwnTakesItFromTheServicesPort) {
  StartWith([](auto& config) { config.management.listen = "127.0.0.1:0"; });
  const uint16_t own = service_->ManagementPort();
  ASSERT_NE(own, service_->Port());
  const http::Headers manages = {{"Authorization", "Bearer " + Token({"manage"})}};
  EXPECT_EQ(Send(own, "GET", "/models", manages).status, 200);
  EXPECT_EQ(Send(own, "GET", "/models", {}).status, 401);
  EXPECT_EQ(Send(own, "GET", "/readyz", {}).status, 200);
  EXPECT_EQ(Send(own, "GET", "/metrics", {}).status, 200);
  EXPECT_EQ(Send(own, "POST", "/predict", manages).status, 404);
  EXPECT_EQ(Send(service_->Port(), "GET", "/models", manages).status, 404);
}

TEST_F(ManagementTest, MetricsCanBeClosed) {
  StartWith([](auto& config) { config.auth.metrics = true; });
  const uint16_t port = service_->Port();
  const auto status = [&](const std::string& scope) {
    return Send(port, "GET", "/metrics", {{"Authorization", "Bearer " + Token({scope})}}).status;
  };
  EXPECT_EQ(Send(port, "GET", "/metrics", {}).status, 401);
  EXPECT_EQ(status("predict"), 403);
  EXPECT_EQ(status("metrics"), 200);
  EXPECT_EQ(Send(port, "GET", "/readyz", {}).status, 200);
}

TEST_F(ManagementTest, WhatNamesTheModelsIsForThoseWhoMayAskThem) {
  StartWith([](auto&) {});
  for (const char* path : {"/api/model", "/api/models", "/openapi.json"}) {
    const auto status = [&](const http::Headers& headers) {
      return Send(service_->Port(), "GET", path, headers).status;
    };
    EXPECT_EQ(status({}), 401) << path;
    EXPECT_EQ(status({{"Authorization", "Bearer " + Token({"metrics"})}}), 403) << path;
    EXPECT_EQ(status({{"Authorization", "Bearer " + Token({"predict"})}}), 200) << path;
  }
  EXPECT_EQ(Send(service_->Port(), "GET", "/", {{"Accept", "text/html"}}).status, 200);
}

TEST_F(ManagementTest, TheDescriptionCanBeOpened) {
  StartWith([](auto& config) { config.auth.describe.value = "open"; });
  for (const char* path : {"/api/model", "/api/models", "/openapi.json"}) {
    EXPECT_EQ(Send(service_->Port(), "GET", path, {}).status, 200) << path;
  }
  EXPECT_EQ(Send(service_->Port(), "GET", "/v2/models", {}).status, 401);
}

TEST(Management, AddressesThatAreNoneAreRefused) {
  for (const char* listen :
       {"127.0.0.1", "127.0.0.1:", ":8081", "127.0.0.1:65536", "a:b", "h:80x"}) {
    project::ServeConfig config;
    config.management.listen = listen;
    EXPECT_THROW(ManagementServerOptions(config, {}), Error) << listen;
  }
  project::ServeConfig config;
  config.management.listen = "[::1]:8081";
  EXPECT_EQ(ManagementServerOptions(config, {}).host, "::1");
}

TEST(Management, KnowsThisMachine) {
  const auto here = [](const std::string& remote, http::Headers headers = {}) {
    http::Request request;
    request.remote = remote;
    request.headers = std::move(headers);
    return IsFromHere(request);
  };
  for (const char* remote : {"127.0.0.1:5", "127.8.9.1:5", "::1:5", "::ffff:127.0.0.1:5"}) {
    EXPECT_TRUE(here(remote)) << remote;
  }
  for (const char* remote :
       {"192.0.2.7:5", "128.0.0.1:5", "::2:5", "::ffff:192.0.2.7:5", "", "x"}) {
    EXPECT_FALSE(here(remote)) << remote;
  }
  // Whom a proxy on this machine asks for may write what it likes into these.
  for (const char* field : {"X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Host",
                            "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via", "x-client-ip"}) {
    for (const char* value : {"127.0.0.1", "127.0.0.1, ::1", "192.0.2.7", "", "x"}) {
      EXPECT_FALSE(here("127.0.0.1:5", {{field, value}})) << field << value;
    }
  }
  EXPECT_TRUE(here("127.0.0.1:5", {{"User-Agent", "curl"}, {"X-Request-Id", "viaduct"}}));
}

}  // namespace
}  // namespace keelrow::serve
