#include "serve/gateway_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/free_port_for_test.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// A gateway, and a model service behind it where the test starts one.
class GatewayServiceTest : public ServiceTest {
 protected:
  void StartGateway(
      uint16_t backend, const std::function<void(project::ServeConfig&)>& change = [](auto&) {}) {
    GatewayServiceOptions options{
        .model = kModelName, .secret = folder_.path(), .root = folder_.path()};
    options.serve = Options().config;
    change(options.serve);
    options.gateway.backends = {"127.0.0.1:" + std::to_string(backend)};
    gateway_ = std::make_unique<GatewayService>(std::move(options));
    gateway_->Start();
  }
  http::Client ToGateway() const { return http::Client({.port = gateway_->Port()}); }
  http::Headers With(std::vector<std::string> scopes) const {
    return {{"Authorization", "Bearer " + Token(std::move(scopes))}};
  }

  std::unique_ptr<GatewayService> gateway_;
};

TEST_F(GatewayServiceTest, BeforeAnyModelServiceAnswersItIsOverloadedNotBroken) {
  StartGateway(FreePort());
  for (const char* path : {"/predict", "/inference.GRPCInferenceService/ModelInfer"}) {
    const http::Response response = ToGateway().Post(path, "{}", With({"predict"}));
    EXPECT_EQ(response.status, 503) << path << response.body;
    EXPECT_EQ(response.headers.Find("Retry-After"), "1") << path;
  }
}

TEST_F(GatewayServiceTest, ADeadlineThatHasPassedIsSaidAsSuch) {
  StartReady();
  StartGateway(service_->Port());
  http::Headers headers = With({"predict"});
  headers.Add("grpc-timeout", "0m");
  const http::Response response =
      ToGateway().Post("/inference.GRPCInferenceService/ModelInfer", "", headers);
  EXPECT_EQ(response.status, 504) << response.body;
  EXPECT_THAT(response.body, HasSubstr(Info(Code::kTimeout).number));  // gRPC's DEADLINE_EXCEEDED
}

TEST_F(GatewayServiceTest, ManagementIsRefusedAndReachesNobody) {
  StartReady();
  StartGateway(service_->Port(), [](auto& config) { config.management.remote = true; });
  http::Client client = ToGateway();
  for (const char* path :
       {"/v2/repository/models/tiny/unload", "/v2/repository/index", "/models?url=tiny",
        "/inference.GRPCInferenceService/RepositoryModelUnload"}) {
    EXPECT_EQ(client.Post(path, "", {}).status, 401) << path;
    const http::Response response = client.Post(path, "", With({"manage"}));
    EXPECT_EQ(response.status, 403) << path;
    EXPECT_THAT(response.body, HasSubstr("not managed through a gateway")) << path;
  }
  EXPECT_EQ(client.Send({.method = "DELETE", .target = "/models/tiny", .headers = With({"manage"})})
                .status,
            403);
  EXPECT_EQ(client.Get("/v2/models/tiny/ready").status, 200) << "it was not unloaded";
}

}  // namespace
}  // namespace keelrow::serve
