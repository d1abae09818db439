#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using testing::HasSubstr;

constexpr const char* kLength = "Inference-Header-Content-Length";

/// The registry's bundle `tiny`, and a bare network `plain` of 8 x 8 numbers.
class OpenInference : public ServiceTest {
 protected:
  void SetUp() override {
    MakeFolders(folder_.path() / "models");
    WriteFileDurably(folder_.path() / "models/plain.onnx", models::LinearNetwork(5, 3));
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    options.config.models.folder = "models";
    options.config.batch.max = 8;
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(std::chrono::seconds(60)));
    while (Get("/v2/models/plain/ready").status != 200) {
    }
  }

  http::Response Get(const std::string& path) {
    return Connect().Get(path, {{"Authorization", "Bearer " + Token({"predict", "manage"})}});
  }
  http::Response Post(const std::string& path, const std::string& body,
                      http::Headers headers = {}) {
    headers.Add("Authorization", "Bearer " + Token({"predict", "manage"}));
    return Connect().Post(path, body, headers);
  }

  static std::vector<float> Numbers(uint64_t seed, int64_t rows = 1) {
    std::vector<float> numbers(static_cast<size_t>(rows * kEdge * kEdge));
    Random random(seed, "numbers");
    for (float& number : numbers) number = static_cast<float>(random.Uniform(-1, 1));
    return numbers;
  }
  std::vector<float> Expected(const std::vector<float>& numbers, int64_t rows = 1) const {
    const engine::Session session(models::LinearNetwork(5, 3));
    const Tensor output = session.Run(Tensor::Of({rows, 1, kEdge, kEdge}, numbers));
    const auto values = output.As<float>();
    return {values.begin(), values.end()};
  }
  static void ExpectNear(const std::vector<float>& a, const std::vector<float>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
  }
  static Json Input(const std::vector<float>& numbers, int64_t rows = 1) {
    return {{"name", "input"},
            {"datatype", "FP32"},
            {"shape", {rows, 1, kEdge, kEdge}},
            {"data", numbers}};
  }
};

TEST_F(OpenInference, AnswersTensorsAsJson) {
  const std::vector<float> numbers = Numbers(1, 2);
  const auto answer =
      Post("/v2/models/plain/infer", Json{{"id", "q-1"}, {"inputs", {Input(numbers, 2)}}}.dump());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["id"], "q-1");
  EXPECT_EQ(json["model_name"], "plain");
  EXPECT_EQ(json["model_version"], "1");
  EXPECT_EQ(json["outputs"][0]["shape"], Json({2, 3}));
  ExpectNear(json["outputs"][0]["data"], Expected(numbers, 2));
}

TEST_F(OpenInference, AnswersBinaryTensorsInBinary) {
  const std::vector<float> numbers = Numbers(2);
  Json input = Input(numbers);
  input.erase("data");
  input["parameters"] = {{"binary_data_size", numbers.size() * sizeof(float)}};
  const std::string head =
      Json{{"inputs", {input}}, {"parameters", {{"binary_data_output", true}}}}.dump();
  const std::string raw(reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size());
  const auto answer =
      Post("/v2/models/plain/infer", head + raw, {{kLength, std::to_string(head.size())}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.Find("Content-Type"), "application/octet-stream");
  const size_t length = std::stoul(std::string(*answer.headers.Find(kLength)));
  const Json json = Json::parse(answer.body.substr(0, length));
  EXPECT_EQ(json["outputs"][0]["parameters"]["binary_data_size"], 12);
  std::vector<float> values(3);
  ASSERT_EQ(answer.body.size(), length + 12);
  std::memcpy(values.data(), answer.body.data() + length, 12);
  ExpectNear(values, Expected(numbers));
  const auto same = Post("/v2/models/plain/infer", raw, {{kLength, "0"}});
  EXPECT_EQ(same.status, 200) << "the body alone is the input";
}

TEST_F(OpenInference, FilesGoThroughTheBundlesOwnPreprocessing) {
  const std::string png = data::EncodePng(NoisePicture(3));
  std::string raw(4, '\0');
  const auto size = static_cast<uint32_t>(png.size());
  std::memcpy(raw.data(), &size, 4);
  raw += png;
  const Json input = {{"name", "input_data"},
                      {"datatype", "BYTES"},
                      {"shape", {1}},
                      {"parameters", {{"binary_data_size", raw.size()}}}};
  const std::string head = Json{{"inputs", {input}}}.dump();
  const auto answer =
      Post("/v2/models/tiny/infer", head + raw, {{kLength, std::to_string(head.size())}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json outputs = Json::parse(answer.body)["outputs"];
  const std::vector<float> scores = Offline(1).Scores(png);
  EXPECT_EQ(outputs[0]["name"], "probabilities");
  ExpectNear(outputs[0]["data"], scores);
  const auto best = static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
  EXPECT_EQ(outputs[1]["data"], Json({models::kLabels[best]}));
}

TEST_F(OpenInference, ClassificationNamesTheBest) {
  const std::vector<float> numbers = Numbers(4);
  const Json output = {{"name", "probabilities"}, {"parameters", {{"classification", 2}}}};
  const auto answer = Post("/v2/models/tiny/infer",
                           Json{{"inputs", {Input(numbers)}}, {"outputs", {output}}}.dump());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json best = Json::parse(answer.body)["outputs"][0];
  EXPECT_EQ(best["datatype"], "BYTES");
  EXPECT_EQ(best["shape"], Json({1, 2}));
  EXPECT_THAT(best["data"][0].get<std::string>(),
              testing::MatchesRegex("[01]\\.[0-9]+:[0-2]:(cat|dog|owl)"));
}

TEST_F(OpenInference, HostileRequestsAreRefusedWithTheReason) {
  const auto refuse = [&](const std::string& body, const char* why,
                          const http::Headers& headers = {}) {
    const auto answer = Post("/v2/models/plain/infer", body, headers);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 80);
    EXPECT_THAT(Json::parse(answer.body).at("error").get<std::string>(), HasSubstr(why));
  };
  const auto with = [](Json input) { return Json{{"inputs", {std::move(input)}}}.dump(); };
  Json input = Input(Numbers(1));
  refuse("", "JSON");
  refuse("[]", "object");
  refuse("{}", "inputs");
  refuse(std::string(200'000, '['), "JSON");
  Json other = input;
  other["shape"] = {int64_t{1} << 32, int64_t{1} << 32, 4};
  refuse(with(other), "shape");
  other["shape"] = {1, 1, kEdge, kEdge - 1};
  refuse(with(other), "shape");
  other["shape"] = {-1, 1, kEdge, kEdge};
  refuse(with(other), "shape");
  other = input;
  other["datatype"] = "FP16";
  refuse(with(other), "binary");
  other["datatype"] = "STRING";
  refuse(with(other), "datatype");
  other = input;
  other["name"] = "another";
  refuse(with(other), "missing");
  other = input;
  other["data"][3] = "x";
  refuse(with(other), "float32");
  other["datatype"] = "BYTES";
  other["parameters"] = {{"content_type", "base64"}};
  other["data"] = Json(std::vector<std::string>(kEdge * kEdge, "%"));
  refuse(with(other), "no Base64");
  other = input;
  other.erase("data");
  refuse(with(other), "no data");
  other["parameters"] = {{"binary_data_size", 256}};
  refuse(with(other), kLength);
  const std::string head = with(other);
  const auto binary = [&](const std::string& length, const std::string& rest, const char* why) {
    refuse(head + rest, why, {{kLength, length}});
  };
  const std::string length = std::to_string(head.size());
  binary(length, std::string(255, '\0'), "ends inside");
  binary(length, std::string(257, '\0'), "behind");
  binary("-1", std::string(256, '\0'), "length");
  binary("99999999999999999999", std::string(256, '\0'), "length");
  binary(std::to_string(head.size() + 999), std::string(256, '\0'), "length");
}

TEST_F(OpenInference, OutputsThatThereAreNotAreRefusedBeforeTheNetworkRuns) {
  const auto ask = [&](const std::string& model, Json output) {
    const Json body = {{"inputs", {Input(Numbers(1))}}, {"outputs", {std::move(output)}}};
    return Post("/v2/models/" + model + "/infer", body.dump()).status;
  };
  const Json classes = {{"classification", 2}};
  for (const char* model : {"plain", "tiny"}) {
    EXPECT_EQ(ask(model, {{"name", "absent"}}), 400);
    EXPECT_EQ(ask(model, {{"name", "label"}, {"parameters", classes}}), 400);
    const Json stats =
        Json::parse(Get(std::string("/v2/models/") + model + "/stats").body)["model_stats"][0];
    EXPECT_EQ(stats["execution_count"], 0) << model;
  }
  EXPECT_EQ(ask("tiny", {{"name", "label"}}), 200);
}

TEST_F(OpenInference, NamesThatAreNoModelsAre404) {
  for (const char* name : {"none", "..%2f..", "%2e%2e", "a%5cb", "tiny@none", "plain%00"}) {
    const auto answer = Post(std::string("/v2/models/") + name + "/infer", R"({"inputs": []})");
    EXPECT_TRUE(answer.status == 404 || answer.status == 400) << name << answer.status;
  }
  EXPECT_EQ(Get("/v2/models/tiny/versions/7").status, 404);
}

TEST_F(OpenInference, DescribesServerAndModels) {
  EXPECT_EQ(Json::parse(Get("/v2/health/live").body), (Json{{"live", true}}));
  EXPECT_EQ(Json::parse(Get("/v2/health/ready").body), (Json{{"ready", true}}));
  EXPECT_EQ(Json::parse(Get("/v2").body)["name"], "keelrow");
  EXPECT_EQ(Json::parse(Get("/v2/models").body)["models"], Json({"plain", "tiny"}));
  const Json plain = Json::parse(Get("/v2/models/plain").body);
  EXPECT_EQ(plain["inputs"][0]["shape"], Json({-1, 1, kEdge, kEdge}));
  EXPECT_EQ(plain["versions"], Json({"1"}));
  EXPECT_EQ(Json::parse(Get("/v2/models/tiny@champion").body)["outputs"][0]["name"],
            "probabilities");
}

TEST_F(OpenInference, TheRepositoryUnloadsAndLoads) {
  Json index = Json::parse(Post("/v2/repository/index", "").body);
  EXPECT_EQ(index.size(), 2U);
  EXPECT_EQ(index[0]["state"], "READY");
  EXPECT_EQ(Post("/v2/repository/models/plain/unload", "{}").status, 200);
  EXPECT_EQ(Get("/v2/models/plain/ready").status, 503);
  index = Json::parse(Post("/v2/repository/index", R"({"ready": true})").body);
  EXPECT_EQ(index.size(), 1U);
  EXPECT_EQ(Post("/v2/models/plain/infer", "{}").status, 503);
  EXPECT_EQ(Post("/v2/repository/models/plain/load", "").status, 200);
  EXPECT_EQ(Get("/v2/models/plain/ready").status, 200);
  EXPECT_EQ(
      Post("/v2/repository/models/plain/load", R"({"parameters": {"file:1/model.onnx": "AAAA"}})")
          .status,
      400)
      << "files come from the repository alone";
  const auto stats = Json::parse(Get("/v2/models/tiny/stats").body)["model_stats"];
  EXPECT_EQ(stats[0]["name"], "tiny");
}

TEST_F(OpenInference, ManagementNeedsItsScope) {
  const http::Headers plain = {{"Authorization", "Bearer " + Token({"predict"})}};
  EXPECT_EQ(Connect().Post("/v2/repository/models/plain/unload", "", plain).status, 403);
  EXPECT_EQ(Connect().Get("/models", plain).status, 403);
  EXPECT_EQ(Connect().Get("/v2/models").status, 401);
}

TEST_F(OpenInference, KserveV1AnswersInstances) {
  const std::vector<float> numbers = Numbers(6);
  Json picture = Json::array();
  for (int y = 0; y < kEdge; ++y) {
    picture.push_back(
        std::vector<float>(numbers.begin() + y * kEdge, numbers.begin() + (y + 1) * kEdge));
  }
  const Json body = {{"instances", {Json::array({picture}), Json::array({picture})}}};
  const auto answer = Post("/v1/models/plain:predict", body.dump());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json predictions = Json::parse(answer.body)["predictions"];
  ASSERT_EQ(predictions.size(), 2U);
  ExpectNear(predictions[1], Expected(numbers));
  const std::string png = data::EncodePng(NoisePicture(3));
  const Json file = {{"instances", {{{"image_bytes", {{"b64", EncodeBase64(png)}}}}}}};
  const auto labelled = Post("/v1/models/tiny:predict", file.dump());
  ASSERT_EQ(labelled.status, 200) << labelled.body;
  EXPECT_EQ(Json::parse(labelled.body)["predictions"][0], Offline(1).Answer(png));
  EXPECT_EQ(Post("/v1/models/plain", body.dump()).status, 404);
  EXPECT_EQ(Post("/v1/models/plain:predict", R"({"instances": [[1, "x"]]})").status, 400);
}

TEST_F(OpenInference, TorchServesInferenceAndManagement) {
  EXPECT_EQ(Json::parse(Get("/ping").body), (Json{{"status", "Healthy"}}));
  const std::string png = data::EncodePng(NoisePicture(3));
  const auto answer = Post("/predictions/tiny", png);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::vector<float> scores = Offline(1).Scores(png);
  EXPECT_NEAR(Json::parse(answer.body)["cat"].get<float>(), scores[0], 1e-6);
  const auto unknown = Post("/predictions/none", png);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(Json::parse(unknown.body)["type"], "ModelNotFoundException");
  EXPECT_EQ(Json::parse(Get("/models").body)["models"].size(), 2U);
  EXPECT_EQ(Json::parse(Get("/models/tiny").body)[0]["workers"][0]["status"], "READY");
  for (const char* url : {"http://example.org/a.mar", "../../etc/passwd", "%2e%2e%2fa.mar"}) {
    EXPECT_EQ(Post(std::string("/models?url=") + url, "").status, 400) << url;
  }
}

TEST_F(OpenInference, MlflowsTablesAndSageMakersFiles) {
  const auto ask = [&](const char* type, const std::string& body) {
    return Post("/invocations", body, {{"Content-Type", type}});
  };
  const std::string png = data::EncodePng(NoisePicture(3));
  const Json expected = Offline(1).Answer(png);
  const std::string text = EncodeBase64(png);
  const Json split = {{"dataframe_split", {{"columns", {"image"}}, {"data", {{text}}}}}};
  const Json records = {{"dataframe_records", {{{"image", text}}}}};
  const Json instances = {{"instances", {text}}};
  for (const Json& body : {split, records, instances}) {
    const auto answer = ask("application/json", body.dump());
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(Json::parse(answer.body)["predictions"], Json::array({expected}));
  }
  for (const std::string head : {"", "image\n", "data\r\n", "\"the picture\"\n"}) {
    const auto answer = ask("text/csv", head + text + "\n" + text + "\n");
    ASSERT_EQ(answer.status, 200) << head << answer.body;
    EXPECT_EQ(Json::parse(answer.body)["predictions"], Json::array({expected, expected})) << head;
  }
  EXPECT_EQ(Json::parse(ask("image/png", png).body)["predictions"][0], expected);
  EXPECT_EQ(ask("application/xml", "<a/>").status, 415);
  const auto bad = ask("application/json", "{}");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(Json::parse(bad.body)["error_code"], "BAD_REQUEST");
  EXPECT_EQ(Json::parse(Get("/health").body), (Json{{"status", "UP"}}));
}

}  // namespace
}  // namespace keelrow::serve
