#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "data/duckdb.h"
#include "predictions/answer_cache.h"
#include "serve/service_for_test.h"

// What is kept of requests: written down (request_log.h), and remembered (answer_cache.h).
namespace keelrow::serve {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class KeepTest : public ServiceTest {
 protected:
  void StartWith(const std::function<void(project::ServeConfig&)>& change) {
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    change(options.config);
    Start(std::move(options));
    ASSERT_TRUE(service_->WaitUntilReady(60s));
  }

  std::string LogText() const {
    std::string text;
    const fs::path folder = folder_.path() / "log";
    if (!fs::exists(folder)) return text;
    for (const auto& entry : fs::directory_iterator(folder)) text += ReadFile(entry.path());
    return text;
  }

  std::vector<Json> Lines() {
    service_.reset();  // writes what waits
    std::vector<Json> lines;
    for (const std::string& line : SplitText(LogText(), '\n')) {
      if (!line.empty()) lines.push_back(Json::parse(line));
    }
    return lines;
  }

  http::Response AskAgain(const std::string& png, http::Headers headers = {}) const {
    headers.Add("Authorization", "Bearer " + Token());
    headers.Add("Content-Type", "image/png");
    return Connect().Post("/predict", png, headers);
  }
  static std::string CacheOf(const http::Response& response) {
    return std::string(response.headers.Find("x-keelrow-cache").value_or("none"));
  }
};

TEST_F(KeepTest, PredictionsAreWrittenDownWithTheIdThatTheAnswerHas) {
  StartWith([](auto& config) {
    config.request_log = {.folder = "log", .sample = 1, .rate = 1000, .inputs = true};
  });
  const std::string png = data::EncodePng(NoisePicture(1));
  const http::Response first = Ask("image/png", png);
  const http::Response second =
      AskJson({{"input_data", EncodeBase64(png)}, {"request_id", "mine"}});
  const http::Response refused = Ask("image/png", "no picture");
  Connect().Get("/healthz");
  const std::string token = Token();
  const std::vector<Json> lines = Lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["id"], first.headers.Find("x-keelrow-prediction-id").value());
  EXPECT_EQ(lines[1]["id"], second.headers.Find("x-keelrow-prediction-id").value());
  EXPECT_NE(lines[0]["id"], lines[1]["id"]);
  EXPECT_EQ(lines[0]["model"], kModelName);
  EXPECT_EQ(lines[0]["version"], "1");
  EXPECT_EQ(lines[0]["protocol"], "predict");
  EXPECT_EQ(lines[0]["input"]["base64"], EncodeBase64(png));
  EXPECT_EQ(lines[1]["input"]["json"]["request_id"], "mine");
  EXPECT_EQ(lines[0]["output"]["json"], Json::parse(first.body));
  EXPECT_EQ(lines[2]["status"], 422);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(LogText(), Not(HasSubstr(token.substr(0, 20))));  // the head that all tokens share
  EXPECT_THAT(LogText(), Not(HasSubstr("Bearer")));
}

TEST_F(KeepTest, PredictionsAreWrittenDownAsParquet) {
  StartWith([](auto& config) {
    config.request_log = {
        .folder = "log", .format = {"parquet"}, .sample = 1, .rate = 1000, .inputs = true};
  });
  const std::string png = data::EncodePng(NoisePicture(1));
  const http::Response first = Ask("image/png", png);
  const http::Response refused = Ask("image/png", "no picture");
  service_.reset();  // turns what waits into Parquet
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "log")) {
    files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 1U);
  ASSERT_EQ(files[0].extension(), ".parquet");
  const data::TextTable table = data::ReadTable(files[0]);
  const auto cell = [&](size_t row, const char* column) {
    return table.rows.at(row).at(table.Column(column, "log")).value_or("");
  };
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(cell(0, "id"), first.headers.Find("x-keelrow-prediction-id").value());
  EXPECT_EQ(cell(0, "model"), kModelName);
  EXPECT_EQ(cell(0, "status"), "200");
  EXPECT_THAT(cell(0, "input"), HasSubstr(EncodeBase64(png)));
  EXPECT_THAT(cell(0, "output"), HasSubstr("probabilities"));
  EXPECT_EQ(cell(1, "status"), std::to_string(refused.status));
}

TEST_F(KeepTest, SecretsInBodiesAreNotWrittenDown) {
  StartWith([](auto& config) {
    config.request_log = {.folder = "log", .sample = 1, .rate = 1000, .inputs = true};
  });
  const std::string config =
      "<View><Image name='i' value='$image'/><Choices name='c' toName='i'>"
      "<Choice value='cat'/></Choices></View>";
  const Json params = {{"login", "hidden-1"}, {"password", "hidden-2"}};
  const Json task = {{"data", {{"image", "http://ann:hidden-3@127.0.0.1:1/7.png?token=hidden-4"}}}};
  EXPECT_EQ(AskJson({{"tasks", {task}}, {"label_config", config}, {"params", params}}).status, 200);
  EXPECT_EQ(Connect()
                .Post("/setup", Json{{"schema", config}, {"access_token", "hidden-5"}}.dump(),
                      WithToken("application/json"))
                .status,
            200);
  AskJson({{"input_data", 1}, {"api_key", "hidden-6"}});
  Ask("application/json", R"({"password": "hidden-7")");
  const std::vector<Json> lines = Lines();
  ASSERT_EQ(lines.size(), 3U) << "that of /setup is no prediction";
  EXPECT_EQ(lines[0]["input"]["json"]["params"]["password"], "***");
  EXPECT_EQ(lines[0]["input"]["json"]["tasks"][0]["data"]["image"],
            "http://***@127.0.0.1:1/7.png?token=***");
  EXPECT_EQ(lines[2]["input"].size(), 1U) << "of what is no JSON the size alone";
  EXPECT_THAT(LogText(), Not(HasSubstr("hidden")));
}

TEST_F(KeepTest, NoMoreIsWrittenDownThanWasConfigured) {
  StartWith([](auto& config) {
    config.request_log = {.folder = "log", .sample = 1, .rate = 1000, .outputs = false};
  });
  Ask("image/png", data::EncodePng(NoisePicture(1)));
  const std::vector<Json> lines = Lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["input"].size(), 1U) << lines[0]["input"];  // its size alone
  EXPECT_EQ(lines[0]["output"].size(), 1U) << lines[0]["output"];
}

TEST_F(KeepTest, ALargeBodyIsNotWrittenDown) {
  StartWith([](auto& config) {
    config.request_log = {
        .folder = "log", .sample = 1, .rate = 1000, .inputs = true, .body = {.value = 50}};
  });
  const std::string png = data::EncodePng(NoisePicture(1));
  ASSERT_GT(png.size(), 50U);
  Ask("image/png", png);
  const std::vector<Json> lines = Lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["input"], Json({{"bytes", png.size()}}));
}

TEST_F(KeepTest, ASampleIsAShareAndTheRateABound) {
  StartWith(
      [](auto& config) { config.request_log = {.folder = "log", .sample = 0.5, .rate = 0.001}; });
  const std::string png = data::EncodePng(NoisePicture(1));
  std::set<std::string> ids;
  for (int i = 0; i < 64; ++i) {
    ids.emplace(AskAgain(png).headers.Find("x-keelrow-prediction-id").value());
  }
  EXPECT_EQ(ids.size(), 64U);
  const std::string metrics = Connect().Get("/metrics").body;
  EXPECT_EQ(Lines().size(), 1U);  // the bucket holds one; the next comes in 1,000 s
  const size_t at = metrics.find("\nrequest_log_dropped_total ");
  const int dropped = std::stoi(metrics.substr(at + 27));
  EXPECT_GT(dropped, 8);  // 32 are expected; beyond these bounds once in 10^9 times
  EXPECT_LT(dropped, 56);
}

TEST_F(KeepTest, AFullFolderHoldsNobodyUp) {
  WriteFileDurably(folder_.path() / "log", "a file where the folder should be");
  StartWith(
      [](auto& config) { config.request_log = {.folder = "log", .sample = 1, .rate = 1000}; });
  EXPECT_EQ(Ask("image/png", data::EncodePng(NoisePicture(1))).status, 200);
  const auto end = std::chrono::steady_clock::now() + 20s;
  const auto dropped = [&] {
    return Connect().Get("/metrics").body.find("\nrequest_log_dropped_total 1") !=
           std::string::npos;
  };
  while (!dropped() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(dropped());
}

TEST_F(KeepTest, EqualQuestionsAreAnsweredFromTheCacheWithTheirOwnIds) {
  StartWith([](auto& config) { config.cache.bytes.value = 1 << 20; });
  const std::string png = data::EncodePng(NoisePicture(1));
  const http::Response first = AskAgain(png, {{"x-request-id", "a"}});
  const http::Response second = AskAgain(png, {{"x-request-id", "b"}});
  EXPECT_EQ(CacheOf(first), "miss");
  EXPECT_EQ(CacheOf(second), "hit");
  EXPECT_EQ(Json::parse(first.body)["result"], Json::parse(second.body)["result"]);
  EXPECT_EQ(Json::parse(second.body)["request_id"], "b");
  EXPECT_EQ(CacheOf(AskAgain(data::EncodePng(NoisePicture(2)))), "miss");
  const std::string metrics = Connect().Get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("\nanswer_cache_hits_total 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nanswer_cache_misses_total 2\n"));
}

TEST_F(KeepTest, NoClientLearnsWhatAnotherHasAsked) {
  StartWith([](auto& config) { config.cache.bytes.value = 1 << 20; });
  const std::string png = data::EncodePng(NoisePicture(1));
  const auto ask = [&](const std::string& subject) {
    const std::string token = gateway::TokenAuthority(gateway::LoadOrCreateSecret(folder_.path()))
                                  .Issue({.subject = subject, .scopes = {"predict"}});
    return CacheOf(Connect().Post(
        "/predict", png, {{"Authorization", "Bearer " + token}, {"Content-Type", "image/png"}}));
  };
  EXPECT_EQ(ask("ann"), "miss");
  EXPECT_EQ(ask("bob"), "miss");
  EXPECT_EQ(ask("ann"), "hit") << "with another token of the same client";
}

TEST_F(KeepTest, TheCachesHitsStandInTheStatistics) {
  StartWith([](auto& config) { config.cache.bytes.value = 1 << 20; });
  const std::string png = data::EncodePng(NoisePicture(1));
  for (int asked = 0; asked < 3; ++asked) AskAgain(png);
  const Json stats = Json::parse(Connect().Get("/v2/models/tiny/stats", WithToken("")).body);
  const Json infer = stats["model_stats"][0]["inference_stats"];
  EXPECT_EQ(infer["cache_hit"]["count"], 2);
  EXPECT_EQ(infer["cache_miss"]["count"], 1);
  EXPECT_GT(infer["cache_hit"]["ns"], 0);
}

TEST_F(KeepTest, ARequestMayRefuseTheCache) {
  StartWith([](auto& config) { config.cache.bytes.value = 1 << 20; });
  const std::string png = data::EncodePng(NoisePicture(1));
  EXPECT_EQ(CacheOf(AskAgain(png, {{"Cache-Control", "max-age=0, No-Store"}})), "miss");
  EXPECT_EQ(CacheOf(AskAgain(png)), "miss");  // nothing was stored
  EXPECT_EQ(CacheOf(AskAgain(png, {{"Cache-Control", "no-cache"}})), "miss");
  EXPECT_EQ(CacheOf(AskAgain(png)), "hit");
}

TEST_F(KeepTest, AnotherVersionIsNeverAnsweredFromTheCacheOfTheFirst) {
  StartWith([](auto& config) { config.cache.bytes.value = 1 << 20; });
  const std::string png = data::EncodePng(NoisePicture(1));
  AskAgain(png);
  EXPECT_EQ(CacheOf(AskAgain(png)), "hit");
  Promote(AddVersion(2));
  const auto end = std::chrono::steady_clock::now() + 60s;
  http::Response answer = AskAgain(png);
  while (Json::parse(answer.body)["model"]["version"] != 2 &&
         std::chrono::steady_clock::now() < end) {
    EXPECT_EQ(CacheOf(answer), "hit");
    answer = AskAgain(png);
  }
  EXPECT_EQ(CacheOf(answer), "miss");
  EXPECT_EQ(Json::parse(answer.body)["result"], Offline(2).Answer(png));
}

TEST_F(KeepTest, WhatWasLoadedAgainIsAskedAgain) {
  StartWith([](auto& config) { config.cache.bytes.value = 1 << 20; });
  const std::string png = data::EncodePng(NoisePicture(1));
  AskAgain(png);
  EXPECT_EQ(CacheOf(AskAgain(png)), "hit");
  const http::Headers manages = {{"Authorization", "Bearer " + Token({"manage"})}};
  for (const std::string verb : {"unload", "load"}) {
    ASSERT_EQ(Connect().Post("/v2/repository/models/tiny/" + verb, "", manages).status, 200);
  }
  EXPECT_EQ(CacheOf(AskAgain(png)), "miss");
}

TEST_F(KeepTest, OnlyTheModelsThatAreNamedAreCached) {
  StartWith([](auto& config) {
    config.cache.bytes.value = 1 << 20;
    config.cache.models = {"another"};
  });
  EXPECT_EQ(CacheOf(AskAgain(data::EncodePng(NoisePicture(1)))), "none");
}

}  // namespace
}  // namespace keelrow::serve
