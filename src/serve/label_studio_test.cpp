#include "protocols/label_studio.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using testing::HasSubstr;

constexpr const char* kConfig =
    R"(<View><Image name="image" value="$image"/><Choices name="animal" toName="image">
       <Choice value="Cat"/><Choice value="dog" alias="hound"/><Choice value="owl"/>
       </Choices></View>)";

/// A service, and a Label Studio that has the pictures.
class LabelStudio : public ServiceTest {
 protected:
  void SetUp() override {
    studio_ = std::make_unique<http::Server>(
        http::ServerOptions{},
        http::Router({{.method = "GET",
                       .pattern = "/data/upload/{file}",
                       .handler = http::Sync([this](const auto& request) { return File(request); }),
                       .access = http::Access::kOpen},
                      {.method = "GET",
                       .pattern = "/api/{what}",
                       .handler = http::Sync([](const auto& request) {
                         const bool known = request.headers.Find("Authorization").has_value();
                         return known ? http::Response{.status = 403}
                                      : http::Response::Text(Png(7));
                       }),
                       .access = http::Access::kOpen},
                      {.method = "POST",
                       .pattern = "/api/token/refresh/",
                       .handler = http::Sync(Refreshed),
                       .access = http::Access::kOpen}}));
    studio_->Start();
  }

  http::Response File(const http::Request& request) const {
    if (request.headers.Find("Authorization") != wanted_) return {.status = 401};
    if (request.Param("file") == "a b.png") return http::Response::Text(Png(7));
    if (request.Param("file") == "broken.png") return http::Response::Text("no picture");
    return {.status = 404};
  }
  static http::Response Refreshed(const http::Request& request) {
    const bool known = Json::parse(request.body)["refresh"] == "a.b.c";
    return http::Response::Json({{"access", "opens"}}, known ? 200 : 401);
  }

  void StartWith(const std::string& token) {
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    WriteFileDurably(folder_.path() / "studio_token", token + "\n");
    options.config.label_studio = {.url = fmt::format("http://127.0.0.1:{}", studio_->Port()),
                                   .token_file = "studio_token"};
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(std::chrono::seconds(60)));
  }

  static std::string Png(uint64_t seed) { return data::EncodePng(NoisePicture(seed)); }
  static Json Task(const std::string& image) { return {{"id", 1}, {"data", {{"image", image}}}}; }
  http::Response Send(const std::string& path, const Json& body) const {
    return Connect().Post(path, body.dump(), WithToken("application/json"));
  }
  http::Response Label(const std::vector<Json>& tasks, const std::string& path = "/predict",
                       const std::string& config = kConfig) const {
    return Send(path,
                {{"tasks", tasks},
                 {"project", "1.1700000000"},
                 {"label_config", config},
                 {"params", {{"login", nullptr}, {"password", nullptr}, {"context", nullptr}}}});
  }

  std::optional<std::string> wanted_ = "Token legacy";
  std::unique_ptr<http::Server> studio_;
};

TEST_F(LabelStudio, PreLabelsPicturesWhereverTheyLie) {
  StartWith("legacy");
  const std::string uri = "data:image/png;base64," + EncodeBase64(Png(7));
  const std::string url = fmt::format("http://127.0.0.1:{}/data/upload/a%20b.png", studio_->Port());
  const std::map<std::string, std::string> written = {
      {"cat", "Cat"}, {"dog", "hound"}, {"owl", "owl"}};
  const Json expected = Offline(1).Answer(Png(7));
  const std::string label = expected["label"];
  for (const char* path : {"/predict", "/label-studio/predict", "/label-studio/tiny/predict",
                           "/label-studio/tiny@champion/predict"}) {
    const http::Response response =
        Label({Task(uri), Task("/data/upload/a b.png"), Task(url)}, path);
    ASSERT_EQ(response.status, 200) << path << response.body;
    const Json body = Json::parse(response.body);
    EXPECT_EQ(body["model_version"], "tiny@1");
    ASSERT_EQ(body["results"].size(), 3U);
    for (const Json& prediction : body["results"]) {
      EXPECT_EQ(prediction["result"],
                Json::array({{{"from_name", "animal"},
                              {"to_name", "image"},
                              {"type", "choices"},
                              {"value", {{"choices", {written.at(label)}}}}}}));
      EXPECT_FLOAT_EQ(prediction["score"], expected["probabilities"][label]);
      EXPECT_EQ(prediction["model_version"], "tiny@1");
    }
  }
}

TEST_F(LabelStudio, ATaskThatCannotBeUsedSpoilsNoOther) {
  StartWith("legacy");
  const std::string good = EncodeBase64(Png(7));
  const http::Response response =
      Label({Task("/data/upload/absent.png"), Task("/data/upload/broken.png"), Task(good),
             Task("s3://bucket/7.png"), Json{{"id", 2}}});
  ASSERT_EQ(response.status, 200) << response.body;
  const Json results = Json::parse(response.body)["results"];
  ASSERT_EQ(results.size(), 5U);
  EXPECT_THAT(results[0]["error"], HasSubstr("404"));
  EXPECT_EQ(results[2]["result"].size(), 1U);
  for (const size_t i : {0, 1, 3, 4}) {
    EXPECT_FALSE(results[i].contains("result")) << "Label Studio passes over it";
    EXPECT_NE(results[i]["error"], "");
  }
  const Json none = Json::parse(Label({Task("/data/upload/absent.png")}).body)["results"];
  EXPECT_EQ(none.size(), 1U);
}

TEST_F(LabelStudio, APersonalTokenIsTradedForOneThatOpensFiles) {
  wanted_ = "Bearer opens";
  StartWith("a.b.c");
  const Json results = Json::parse(Label({Task("/data/upload/a b.png")}).body)["results"];
  ASSERT_TRUE(results.at(0).contains("result")) << results;
  EXPECT_EQ(results.at(0).at("result").size(), 1U);
}

TEST_F(LabelStudio, WhatOnlyWeCanReachIsNotFetched) {
  StartWith("legacy");
  for (const std::string& url :
       {fmt::format("http://127.0.0.1:{}/metrics", service_->Port()),
        std::string("http://169.254.169.254/latest/meta-data/"), std::string("http://[::1]/"),
        std::string("http://2130706433/"), std::string("file:///etc/passwd"),
        std::string("http://user@127.0.0.1/"), std::string("/\\evil.example/x")}) {
    const Json results = Json::parse(Label({Task(url)}).body)["results"];
    EXPECT_TRUE(results[0].contains("error")) << url;
    EXPECT_EQ(results[0]["error"].get<std::string>().find("root:"), std::string::npos);
  }
}

TEST_F(LabelStudio, ItsTokenOpensFilesAndNothingElse) {
  StartWith("legacy");
  const auto brought = [&](const std::string& image) {
    const Json results = Json::parse(Label({Task(image)}).body)["results"];
    return results[0].contains("result");
  };
  EXPECT_TRUE(brought("/data/upload/a b.png"));
  // Each of these gives a picture to whom it does not know.
  for (const char* path : {"/api/users", "/api/users?x=/data/upload/7.png", "/api/data"}) {
    EXPECT_TRUE(brought(path)) << path << ": the token was sent along";
  }
  for (const char* path : {"/data/../api/users", "/data/%2e%2e/api/users", "/data%2fupload/a"}) {
    EXPECT_FALSE(brought(path)) << path;
  }
  EXPECT_FALSE(brought("http://192.88.98.1/7.png")) << "public, but not named";
}

TEST_F(LabelStudio, ConnectingSaysWhetherTheModelFits) {
  StartWith("legacy");
  const auto setup = [&](const std::string& config) {
    return Send("/setup", {{"project", "1.1"},
                           {"schema", config},
                           {"hostname", "http://evil.example"},
                           {"access_token", "secret"},
                           {"extra_params", nullptr}});
  };
  const http::Response fits = setup(kConfig);
  EXPECT_EQ(fits.status, 200);
  EXPECT_EQ(Json::parse(fits.body), (Json{{"model_version", "tiny@1"}}));
  for (const char* config : {"<View><Choices name='c' toName='t'><Choice value='cat'/></Choices>"
                             "<Text name='t' value='$text'/></View>",
                             "<View><Image name='i' value='$i'/><Choices name='c' toName='i'>"
                             "<Choice value='fish'/></Choices></View>",
                             "<View", ""}) {
    EXPECT_EQ(setup(config).status, 400) << config;
  }
  EXPECT_EQ(Send("/setup", Json::array()).status, 400);
}

TEST_F(LabelStudio, ALabelThatIsNoChoiceGivesAnEmptyPreLabel) {
  StartWith("legacy");
  const std::string label = Offline(1).Answer(Png(7))["label"];
  const std::string other = label == "cat" ? "dog" : "cat";
  const std::string config =
      "<View><Image name='i' value='$image'/><Choices name='c' toName='i'>"
      "<Choice value='" +
      other + "'/></Choices></View>";
  const Json body = Json::parse(Label({Task(EncodeBase64(Png(7)))}, "/predict", config).body);
  EXPECT_EQ(body["results"][0]["result"], Json::array());
}

TEST_F(LabelStudio, HealthVersionsAndWebhooksAreAnswered) {
  StartWith("legacy");
  for (const std::string prefix : {"", "/label-studio", "/label-studio/tiny"}) {
    EXPECT_EQ(Json::parse(Connect().Get(prefix + "/health").body)["status"], "UP") << prefix;
    const http::Response versions = Connect().Get(prefix + "/versions", WithToken(""));
    EXPECT_EQ(Json::parse(versions.body), (Json{{"versions", {"tiny@1"}}}));
    EXPECT_EQ(Send(prefix + "/webhook", {{"action", "ANNOTATION_CREATED"}}).status, 200);
    EXPECT_EQ(Send(prefix + "/webhook", {{"action", "START_TRAINING"}}).status, 501);
  }
  EXPECT_EQ(Connect().Get("/label-studio/absent/health").status, 404);
}

TEST_F(LabelStudio, ATokenMayComeAsThePassword) {
  StartWith("legacy");
  const auto status = [&](const std::string& password) {
    return Connect()
        .Post("/setup", Json{{"schema", kConfig}}.dump(),
              {{"Authorization", "Basic " + EncodeBase64("anybody:" + password)}})
        .status;
  };
  EXPECT_EQ(status(Token()), 200);
  EXPECT_EQ(status("guess"), 401);
  EXPECT_EQ(status(Token() + "\r\nX-Evil: 1"), 401);
  EXPECT_EQ(status(""), 401);
}

TEST(LabelStudioBody, IsToldFromOurOwn) {
  EXPECT_TRUE(protocols::IsLabelStudioBody(R"({"tasks": [], "label_config": ""})"));
  EXPECT_TRUE(protocols::IsLabelStudioBody(R"({"project": {"input_data": 1}, "tasks" : []})"));
  for (const char* own :
       {R"({"input_data": "tasks", "request_id": "tasks"})", R"({"input_data": {"tasks": 1}})",
        R"({"input_data": [], "tasks": []})", R"({"input_data": "\"tasks\": "})", R"(["tasks"])",
        R"({"a": ["tasks"], "b": "tasks"})", R"({"tasks)", R"("tasks")", R"({"a\)", ""}) {
    EXPECT_FALSE(protocols::IsLabelStudioBody(own)) << own;
  }
}

}  // namespace
}  // namespace keelrow::serve
