#include "protocols/openapi.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

TEST(Routes, AreThoseOfTheGoldenList) {
  predictions::ServeContext context{.model = "digits"};
  std::set<std::string> lines;
  for (const http::Route& route : protocols::AllRoutes(context)) {
    const std::string scope = route.scope.empty() ? "" : ":" + route.scope;
    lines.insert(fmt::format("{} {} {} {}\n", route.pattern, route.method,
                             route.access == http::Access::kToken ? "token" + scope : "open",
                             route.run_on == http::RunOn::kWorkers ? "workers" : "io"));
  }
  EXPECT_EQ(fmt::format("{}", fmt::join(lines, "")),
            ReadFile(fs::path(KEELROW_SOURCE_DIR) / "tests/golden/routes.txt"));
}

TEST(OpenApi, DescribesEveryRouteAndNothingElse) {
  predictions::ServeContext context{.model = "digits"};
  const std::vector<http::Route> routes = protocols::AllRoutes(context);
  const Json api = protocols::DescribeApi(routes, {});
  EXPECT_EQ(api["openapi"], "3.1.0");
  std::set<std::string> ids;
  size_t operations = 0;
  for (const auto& [path, methods] : api["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      ++operations;
      EXPECT_FALSE(operation.value("summary", "").empty()) << method << " " << path;
      EXPECT_TRUE(ids.insert(operation["operationId"]).second) << operation["operationId"];
      EXPECT_TRUE(operation["responses"].contains("200")) << path;
    }
  }
  const auto of_grpc = std::ranges::count_if(routes, [](const http::Route& route) {
    return route.protocol.find("grpc") == 0 || route.protocol.ends_with("grpc");
  });
  EXPECT_GT(of_grpc, 0);
  EXPECT_EQ(operations + static_cast<size_t>(of_grpc), routes.size());
}

TEST(OpenApi, SaysWhatPredictTakesAndWhoMay) {
  predictions::ServeContext context{.model = "digits"};
  const Json api = protocols::DescribeApi(protocols::AllRoutes(context), {});
  const Json& post = api["paths"]["/predict"]["post"];
  EXPECT_EQ(post["security"], Json::parse(R"([{"token": ["predict"]}])"));
  EXPECT_TRUE(post["responses"].contains("401"));
  EXPECT_TRUE(post["responses"].contains("403"));
  const Json& content = post["requestBody"]["content"];
  EXPECT_EQ(content["application/json"]["schema"]["required"], Json::parse(R"(["input_data"])"));
  EXPECT_TRUE(content.contains("multipart/form-data"));
  EXPECT_FALSE(api["paths"]["/healthz"]["get"].contains("security"));
}

TEST(OpenApi, WithoutTokensNoRouteAsksForOne) {
  predictions::ServeContext context{.model = "digits", .auth = false};
  const Json api = protocols::DescribeApi(protocols::AllRoutes(context), {});
  EXPECT_FALSE(api["paths"]["/predict"]["post"].contains("security"));
}

TEST(OpenApi, PathParametersAreListed) {
  const Json api =
      protocols::DescribeApi({{.method = "GET", .pattern = "/models/{name}/v/{version}"}}, {});
  const Json& get = api["paths"]["/models/{name}/v/{version}"]["get"];
  EXPECT_EQ(get["operationId"], "get_models_name_v_version");
  ASSERT_EQ(get["parameters"].size(), 2u);
  EXPECT_EQ(get["parameters"][1]["name"], "version");
}

/// What one example asks: parameters and body that have its name put into their places.
struct Pasted {
  http::ClientRequest request;
  std::string example;
  bool manages = false;
};

/// Every example of every operation, and every GET that needs none.
class PastedApi {
 public:
  explicit PastedApi(const Json& api) {
    for (const auto& [path, methods] : api["paths"].items()) {
      for (const auto& [method, operation] : methods.items()) Add(path, method, operation);
    }
  }
  const std::vector<Pasted>& all() const { return all_; }

 private:
  void Add(const std::string& path, const std::string& method, const Json& operation) {
    const Json parameters = operation.value("parameters", Json::array());
    const Json content =
        operation.value(Json::json_pointer("/requestBody/content"), Json::object());
    bool examples = false;
    for (const auto& [type, media] : content.items()) {
      const Json named = media.value("examples", Json::object());
      for (const auto& [name, example] : named.items()) {
        examples = true;
        Ask(path, method, operation, name).request.headers.Add("Content-Type", type);
        const Json& value = example["value"];
        all_.back().request.body = value.is_string() ? value.get<std::string>() : value.dump();
      }
    }
    for (const Json& parameter : parameters) {
      if (examples) return;
      const Json named = parameter.value("examples", Json::object());
      for (const auto& [name, example] : named.items()) {
        examples = true;
        Ask(path, method, operation, name);
      }
    }
    if (method == "get" && parameters.empty() && !examples) Ask(path, method, operation, "");
  }

  Pasted& Ask(std::string target, const std::string& method, const Json& operation,
              const std::string& example) {
    const std::string name = example.substr(0, example.find(": "));
    const Json parameters = operation.value("parameters", Json::array());
    for (const Json& parameter : parameters) {
      if (!parameter.contains("examples")) continue;
      const std::string value = parameter["examples"].at(name)["value"];
      const std::string key = parameter["name"];
      if (parameter["in"] == "query") target += "?" + key + "=" + value;
      if (const size_t at = target.find("{" + key + "}"); at != std::string::npos) {
        target.replace(at, key.size() + 2, value);
      }
    }
    const Json security = operation.value("security", Json::array());
    std::string upper = method;
    for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
    all_.push_back({.request = {.method = upper, .target = std::move(target)},
                    .example = example,
                    .manages = security == Json::parse(R"([{"token": ["manage"]}])")});
    return all_.back();
  }

  std::vector<Pasted> all_;
};

/// The registry's bundle `tiny`, and bare networks: of a picture's shape, of plain numbers, of two
/// inputs.
class OpenApiService : public ServiceTest {
 protected:
  void SetUp() override {
    AddNetwork("plain.onnx", models::LinearNetwork(5, 3));
    AddNetwork("mlp/3/model.onnx", NetworkOf({{"x", {16}}}));
    AddNetwork("mlp/4/model.onnx", NetworkOf({{"x", {12}}}));
    AddNetwork("pair.onnx", NetworkOf({{"a", {4}}, {"b", {4}}}));
    Promote(AddVersion(1));
    ModelServiceOptions options = Options();
    options.config.models.folder = "models";
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(std::chrono::seconds(60)));
    Load("mlp", "3");
    for (const char* name : {"plain", "mlp", "pair"}) Load(name, "");
  }

  void AddNetwork(const std::string& file, const std::string& onnx) {
    MakeFolders((folder_.path() / "models" / file).parent_path());
    WriteFileDurably(folder_.path() / "models" / file, onnx);
  }

  static std::string NetworkOf(
      const std::vector<std::pair<std::string, nets::Graph::Shape>>& inputs) {
    nets::GraphBuilder builder;
    std::vector<nets::GraphBuilder::Value> values;
    for (const auto& [name, shape] : inputs) values.push_back(builder.Input(name, shape));
    auto sum = values[0];
    for (size_t i = 1; i < values.size(); ++i) sum = builder.Add(sum, values[i]);
    const nets::Graph graph = std::move(builder).Build(builder.Linear("fc", sum, {.features = 3}));
    nets::WeightMap weights = nets::BlankWeights(graph);
    Random random(7, "weights");
    for (float& weight : weights.at("fc.weight").As<float>()) {
      weight = static_cast<float>(random.Uniform(-1, 1));
    }
    return nets::WriteOnnx(graph, weights);
  }

  void Load(const std::string& model, const std::string& version) {
    const std::string place = version.empty() ? "" : "/" + version;
    const auto response = Send({.method = "PUT", .target = "/models/" + model + place});
    ASSERT_EQ(response.status, 200) << response.body;
  }

  Json Api() const { return Json::parse(Send({.method = "GET", .target = "/openapi.json"}).body); }

  http::Response Send(http::ClientRequest request) const {
    request.headers.Add("Authorization", "Bearer " + Token({"predict", "manage"}));
    return Connect().Send(request);
  }

  void ExpectAnswered(const Pasted& pasted) const {
    const http::Response response = Send(pasted.request);
    EXPECT_EQ(response.status, 200)
        << pasted.request.method << " " << pasted.request.target << " " << pasted.example << "\n"
        << pasted.request.body << "\n"
        << response.body;
  }
};

TEST_F(OpenApiService, EveryExampleIsAnswered) {
  const PastedApi api(Api());
  std::set<std::string> asked;
  size_t bodies = 0;
  for (const Pasted& pasted : api.all()) {
    if (pasted.manages) continue;
    ExpectAnswered(pasted);
    asked.insert(pasted.request.target + " " + pasted.example);
    bodies += pasted.request.body.empty() ? 0 : 1;
  }
  for (const char* one :
       {"/predict tiny", "/v2/models/pair/infer pair", "/v2/models/mlp/versions/3/infer mlp 3",
        "/v1/models/plain:predict plain", "/predictions/tiny tiny",
        "/models/mlp/invoke mlp: dataframe_records", "/invocations tiny: dataframe_split"}) {
    EXPECT_TRUE(asked.contains(one)) << one;
  }
  EXPECT_GE(bodies, 40u);
  EXPECT_FALSE(asked.contains("/predict pair"));
}

TEST_F(OpenApiService, EveryFormOfAQuestionHasTheSameAnswer) {
  std::map<std::string, Json> answers;
  const PastedApi api(Api());
  for (const Pasted& pasted : api.all()) {
    if (pasted.request.target != "/models/mlp/invoke") continue;
    const std::string form =
        pasted.example + std::string(*pasted.request.headers.Find("Content-Type"));
    answers[form] = Json::parse(Send(pasted.request).body)["predictions"];
  }
  EXPECT_EQ(answers.size(), 5u);
  for (const auto& [form, predictions] : answers) {
    EXPECT_EQ(predictions, answers.begin()->second) << form;
  }
}

TEST_F(OpenApiService, ColumnsOfRecordsAreTakenAsSent) {
  const auto ask = [&](const std::string& body) {
    http::ClientRequest request{.method = "POST", .target = "/models/mlp/invoke", .body = body};
    return Json::parse(Send(request).body)["predictions"];
  };
  EXPECT_EQ(ask(R"({"dataframe_records": [
      {"z": 1, "y": 2, "x": 3, "w": 4, "a": 5, "b": 6, "c": 7, "d": 8, "l": 9, "k": 10, "j": 11, "i": 12},
      {"a": 5, "b": 6, "c": 7, "d": 8, "l": 9, "k": 10, "j": 11, "i": 12, "z": 1, "y": 2, "x": 3, "w": 4}]})"),
            ask(R"({"instances": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
                                      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]})"));
}

TEST_F(OpenApiService, EveryManagingExampleIsAnswered) {
  const PastedApi api(Api());
  size_t count = 0;
  for (const Pasted& pasted : api.all()) {
    if (!pasted.manages) continue;
    ExpectAnswered(pasted);
    ++count;
    for (const char* name : {"tiny", "plain", "mlp", "pair"}) Load(name, "");  // what was unloaded
    Load("mlp", "3");
  }
  EXPECT_GE(count, 30u);
}

TEST_F(OpenApiService, ChangesWithWhatIsLoaded) {
  const Json before = Api();
  EXPECT_EQ(before, Api());
  EXPECT_EQ(before["components"]["schemas"]["tiny.prediction"]["properties"]["label"]["enum"],
            Json::parse(R"(["cat", "dog", "owl"])"));
  EXPECT_EQ(before["components"]["schemas"]["mlp.input"]["minItems"], 12);
  const std::string text = before["info"]["description"];
  EXPECT_NE(text.find("- `mlp` 3, 4 (default): `x` FP32 [n, 12] → "), std::string::npos) << text;
  ASSERT_EQ(Send({.method = "DELETE", .target = "/models/pair"}).status, 200);
  const Json after = Api();
  EXPECT_FALSE(after["components"]["schemas"].contains("pair.input"));
  const Json::json_pointer examples(
      "/paths/~1v2~1models~1{model}~1infer/post/requestBody/content/application~1json/examples");
  EXPECT_TRUE(before.at(examples).contains("pair"));
  EXPECT_FALSE(after.at(examples).contains("pair"));
}

}  // namespace
}  // namespace keelrow::serve
