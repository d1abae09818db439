#include "serve/model_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/stop.h"
#include "http/raw_connection.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

std::string Piece(const Json& json) {
  return EncodeBase64(json.dump(), Base64::kUrl);
}

TEST_F(ServiceTest, NothingIsAnsweredBeforeAModelIsLoaded) {
  Start(Options());
  EXPECT_EQ(Connect().Get("/healthz").status, 200);
  for (const http::Response& response :
       {Connect().Get("/readyz"), Connect().Get("/api/model", WithToken("")),
        Ask("image/png", "x")}) {
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.headers.Find("Retry-After"), "1");
  }
  Promote(AddVersion(1));
  ASSERT_TRUE(service_->WaitUntilReady(60s));
  EXPECT_EQ(Connect().Get("/readyz").status, 200);
  EXPECT_EQ(Json::parse(Connect().Get("/api/model", WithToken("")).body)["labels"],
            Json::parse(R"(["cat", "dog", "owl"])"));
}

TEST_F(ServiceTest, AModelThatCannotBeLoadedOnDemandIsNotTheClientsFault) {
  MakeFolders(folder_.path() / "models");
  WriteFileDurably(folder_.path() / "models/broken.onnx", "no network");
  ModelServiceOptions options = Options();
  options.config.models.folder = "models";
  options.config.models.load.value = "on_demand";
  Start(options);
  const http::Headers token = WithToken("application/json");
  while (Connect().Get("/v2/models/broken", token).status == 404) std::this_thread::yield();
  for (const char* path :
       {"/v2/models/broken/infer", "/predictions/broken", "/v1/models/broken:predict",
        "/models/broken/invoke", "/label-studio/broken/setup"}) {
    const http::Response response = Connect().Post(path, "{}", token);
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_EQ(response.headers.Find("Retry-After"), "1") << path;
    EXPECT_THAT(response.body, testing::Not(HasSubstr(folder_.path().string()))) << path;
    EXPECT_THAT(response.body, testing::Not(HasSubstr(".onnx"))) << path;
  }
  EXPECT_THAT(Connect().Get("/metrics").body,
              HasSubstr("model_load_failures_total{model=\"broken\"} 1"));
}

TEST_F(ServiceTest, OnlyItsOwnTokensOpenPredict) {
  StartReady();
  const std::string png = data::EncodePng(NoisePicture(1));
  const auto status = [&](const std::string& authorization) {
    http::Headers headers{{"Content-Type", "image/png"}};
    if (!authorization.empty()) headers.Add("Authorization", authorization);
    return Connect().Post("/predict", png, headers).status;
  };
  EXPECT_EQ(status("Bearer " + Token()), 200);
  EXPECT_EQ(status("Bearer " + Token({})), 403);
  EXPECT_EQ(status("Bearer " + Token({"admin"})), 403);
  EXPECT_EQ(status(""), 401);
  EXPECT_EQ(status("Basic dXNlcjpwYXNz"), 401);
  const gateway::TokenAuthority foreign(std::string(32, 'f'));
  EXPECT_EQ(status("Bearer " + foreign.Issue({.subject = "eve"})), 401);
  const auto now = std::chrono::system_clock::now();
  const gateway::TokenAuthority past(gateway::LoadOrCreateSecret(folder_.path()),
                                     {.clock = [now] { return now - 25h; }});
  EXPECT_EQ(status("Bearer " + past.Issue({.subject = "tester"})), 401);
  const std::string claims =
      Piece({{"sub", "eve"}, {"iss", "keelrow"}, {"aud", "keelrow"}, {"exp", 4'000'000'000}});
  EXPECT_EQ(status("Bearer " + Piece({{"alg", "none"}, {"typ", "JWT"}}) + "." + claims + "."), 401);
}

TEST_F(ServiceTest, TokensCanBeTurnedOff) {
  Promote(AddVersion(1));
  ModelServiceOptions options = Options();
  options.config.auth.enabled = false;
  Start(options);
  ASSERT_TRUE(service_->WaitUntilReady(60s));
  EXPECT_EQ(Connect()
                .Post("/predict", data::EncodePng(NoisePicture(1)), {{"Content-Type", "image/png"}})
                .status,
            200);
}

/// Clients that ask without a pause until told to stop, and check each answer against what the
/// version that it names would say.
class Load {
 public:
  struct Expected {
    std::string png;
    std::map<int, Json> results;  // by version
  };
  struct Seen {
    size_t answers = 0;
    std::map<int, size_t> by_version;
    std::vector<std::string> failures;
  };

  static Seen Run(http::Client client, const http::Headers& headers, const Expected& expected,
                  const std::atomic<bool>& stop) {
    Seen seen;
    while (!stop && seen.failures.size() < 5) {
      const http::Response response = client.Post("/predict", expected.png, headers);
      const Json body = Json::parse(response.body);
      const int version = response.status == 200 ? body["model"]["version"].get<int>() : 0;
      const auto wanted = expected.results.find(version);
      if (wanted == expected.results.end() || wanted->second != body["result"]) {
        seen.failures.push_back(response.body);
      }
      ++seen.answers;
      ++seen.by_version[version];
    }
    return seen;
  }
};

TEST_F(ServiceTest, PromoteAndRollbackUnderLoadFailNoRequestAndMixNoVersions) {
  Load::Expected expected{.png = data::EncodePng(NoisePicture(3))};
  for (const uint64_t seed : {1, 2}) {
    const int version = AddVersion(seed);
    expected.results[version] = Offline(seed).Answer(expected.png);
  }
  ASSERT_NE(expected.results[1], expected.results[2]);
  Promote(1);
  Start(Options());
  ASSERT_TRUE(service_->WaitUntilReady(60s));

  std::atomic<bool> stop{false};
  std::vector<std::future<Load::Seen>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::async(std::launch::async, [&] {
      return Load::Run(Connect(), WithToken("image/png"), expected, stop);
    }));
  }
  http::Client probe = Connect();
  const auto wait_for = [&](int version) {
    while (Json::parse(probe.Get("/readyz").body)["version"] != version) std::this_thread::yield();
  };
  for (int flip = 0; flip < 12; ++flip) {
    Promote(2);
    wait_for(2);
    store_.Rollback(kModelName, "champion", "test");
    wait_for(1);
  }
  stop = true;
  std::map<int, size_t> by_version;
  for (auto& client : clients) {
    const Load::Seen seen = client.get();
    EXPECT_TRUE(seen.failures.empty()) << seen.failures.front();
    for (const auto& [version, count] : seen.by_version) by_version[version] += count;
  }
  EXPECT_GT(by_version[1], 0u);
  EXPECT_GT(by_version[2], 0u);
}

TEST_F(ServiceTest, AVersionThatCannotBeLoadedLeavesTheOldOneServing) {
  StartReady();
  const int broken = AddVersion(2);
  const fs::path network = folder_.path() / "bundles/2/network.onnx";
  std::string bytes = ReadFile(network);
  bytes[bytes.size() / 2] ^= 1;
  WriteFileDurably(network, bytes);
  Promote(broken);
  http::Client client = Connect();
  const std::string failed = R"(model_load_failures_total{model="tiny"})";
  while (client.Get("/metrics").body.find(failed) == std::string::npos) std::this_thread::yield();
  EXPECT_EQ(Json::parse(client.Get("/readyz").body)["version"], 1);
  EXPECT_EQ(Ask("image/png", data::EncodePng(NoisePicture(1))).status, 200);
  const int good = AddVersion(3);
  Promote(good);
  while (Json::parse(client.Get("/readyz").body)["version"] != good) std::this_thread::yield();
}

/// Rows enough to keep a thread busy for a while.
std::string LongQuestion(int64_t rows, http::Headers& headers) {
  const int64_t pixels = int64_t{models::kEdge} * models::kEdge;
  const Json head = {{"inputs",
                      {{{"name", "input"},
                        {"datatype", "FP32"},
                        {"shape", {rows, 1, models::kEdge, models::kEdge}},
                        {"parameters", {{"binary_data_size", rows * pixels * 4}}}}}}};
  const std::string text = head.dump();
  headers.Set("Inference-Header-Content-Length", std::to_string(text.size()));
  return text + std::string(static_cast<size_t>(rows * pixels * 4), '\0');
}

TEST_F(ServiceTest, WhatItsClientNoLongerWaitsForIsNotRun) {
  Promote(AddVersion(1));
  ModelServiceOptions options = Options();
  options.config.threads = 1;
  options.config.auth.enabled = false;
  Start(std::move(options));
  ASSERT_TRUE(service_->WaitUntilReady(60s));
  http::Headers headers;
  const std::string question = LongQuestion(40'000, headers);
  std::vector<std::future<int>> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(std::async(std::launch::async, [&] {
      return Connect().Post("/v2/models/tiny/infer", question, headers).status;
    }));
  }
  const auto said = [&](const std::string& text) {
    return Connect().Get("/metrics").body.find(text) != std::string::npos;
  };
  const auto soon = [&](const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end) {
      if (said(text)) return true;
    }
    return false;
  };
  const std::string version = R"({model="tiny",version="1"} )";
  ASSERT_TRUE(soon("model_queue_depth" + version + "2"));
  {
    http::RawConnection client(service_->Port());
    const std::string png = data::EncodePng(NoisePicture(1));
    client.Send("POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: " +
                std::to_string(png.size()) + "\r\n\r\n" + png);
    ASSERT_TRUE(soon("model_queue_depth" + version + "3"));
  }
  for (std::future<int>& one : busy) EXPECT_EQ(one.get(), 200);
  ASSERT_TRUE(soon("model_dropped_total" + version + "1"));
  EXPECT_TRUE(
      said(R"(predictions_total{code="499",model="tiny",protocol="predict",version="1"} 1)"));
}

TEST_F(ServiceTest, PredictionsAreMeasured) {
  StartReady();
  Ask("image/png", data::EncodePng(NoisePicture(1)));
  Ask("image/png", "no picture");
  Connect().Get("/no/such/path/1");
  const std::string text = Connect().Get("/metrics").body;
  EXPECT_THAT(
      text,
      HasSubstr(R"(predictions_total{code="200",model="tiny",protocol="predict",version="1"} 1)"));
  EXPECT_THAT(
      text,
      HasSubstr(R"(predictions_total{code="422",model="tiny",protocol="predict",version="1"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(http_requests_total{code="404",route="none"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(model_confidence_count{model="tiny",version="1"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(model_answers_total{label=")"));
  EXPECT_THAT(text, HasSubstr(R"(http_requests_total{code="200",route="/predict"} 1)"));
}

TEST_F(ServiceTest, ThePageComesWithThePolicyThatFitsIt) {
  Start(Options());
  const http::Response page = Connect().Get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.body.starts_with("<!doctype html>")) << page.body.substr(0, 40);
  EXPECT_EQ(page.headers.Find("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.Find("X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(std::string(page.headers.Find("Content-Security-Policy").value_or("")),
              HasSubstr("script-src 'sha256-"));
}

TEST_F(ServiceTest, TheRootIsAProbeForClientsThatReadNoPage) {
  Start(Options());
  EXPECT_EQ(Json::parse(Connect().Get("/", {{"Accept", "*/*"}}).body), (Json{{"status", "alive"}}));
  EXPECT_TRUE(Connect().Get("/", {{"Accept", "text/html,*/*"}}).body.starts_with("<!doctype"));
}

TEST_F(ServiceTest, AStopEndsTheRun) {
  StartReady();
  ResetStop();
  auto run = std::async(std::launch::async, [&] { service_->RunUntilStopped(); });
  EXPECT_EQ(Connect().Get("/healthz").status, 200);
  RequestStop();
  EXPECT_EQ(run.wait_for(60s), std::future_status::ready);
  ResetStop();
  EXPECT_THROW(Connect().Get("/healthz"), Error);
}

}  // namespace
}  // namespace keelrow::serve
