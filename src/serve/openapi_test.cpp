#include "serve/openapi.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/files.h"

namespace keelrow::serve {
namespace {

TEST(Routes, AreThoseOfTheGoldenList) {
  ServeContext context{.model = "digits"};
  std::set<std::string> lines;
  for (const http::Route& route : AllRoutes(context)) {
    const std::string scope = route.scope.empty() ? "" : ":" + route.scope;
    lines.insert(fmt::format("{} {} {} {}\n", route.pattern, route.method,
                             route.access == http::Access::kToken ? "token" + scope : "open",
                             route.run_on == http::RunOn::kWorkers ? "workers" : "io"));
  }
  EXPECT_EQ(fmt::format("{}", fmt::join(lines, "")),
            ReadFile(fs::path(KEELROW_SOURCE_DIR) / "tests/golden/routes.txt"));
}

TEST(OpenApi, DescribesEveryRouteAndNothingElse) {
  ServeContext context{.model = "digits"};
  const std::vector<http::Route> routes = AllRoutes(context);
  const Json api = DescribeApi(routes, nullptr);
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
  EXPECT_EQ(operations, routes.size());
}

TEST(OpenApi, SaysWhatPredictTakesAndWhoMay) {
  ServeContext context{.model = "digits"};
  const Json api = DescribeApi(AllRoutes(context), nullptr);
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
  ServeContext context{.model = "digits", .auth = false};
  const Json api = DescribeApi(AllRoutes(context), nullptr);
  EXPECT_FALSE(api["paths"]["/predict"]["post"].contains("security"));
}

TEST(OpenApi, PathParametersAreListed) {
  const Json api =
      DescribeApi({{.method = "GET", .pattern = "/models/{name}/v/{version}"}}, nullptr);
  const Json& get = api["paths"]["/models/{name}/v/{version}"]["get"];
  EXPECT_EQ(get["operationId"], "get_models_name_v_version");
  ASSERT_EQ(get["parameters"].size(), 2u);
  EXPECT_EQ(get["parameters"][1]["name"], "version");
}

}  // namespace
}  // namespace keelrow::serve
