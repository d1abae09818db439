#include "hybrid/setup.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace keelrow::hybrid {
namespace {

project::HybridConfig OneEndpoint(project::EndpointConfig endpoint) {
  endpoint.name = "cloud";
  return {.endpoints = {std::move(endpoint)}};
}

TEST(HybridSetup, EveryNameOfTheProjectFileIsKnown) {
  const TemporaryFolder folder;
  for (const config::Choice& protocol : project::EndpointProtocolChoices()) {
    for (const config::Choice& when : project::HybridWhenChoices()) {
      project::HybridConfig config = OneEndpoint(
          {.protocol = {protocol.name}, .url = "https://models.example.com", .region = "eu-1"});
      config.rules = {{.name = "r", .endpoint = "cloud", .when = {when.name}}};
      const HybridOptions options = OptionsOf(config, {folder.path(), folder.path()});
      EXPECT_EQ(options.endpoints.size(), 1u);
      EXPECT_EQ(options.rules.size(), 1u);
    }
  }
}

TEST(HybridSetup, SageMakersAddressFollowsFromTheRegion) {
  const HybridOptions options = OptionsOf(
      OneEndpoint({.protocol = {"sagemaker"}, .model = "digits", .region = "eu-central-1"}), {});
  EXPECT_EQ(options.endpoints[0].url.ToString(),
            "https://runtime.sagemaker.eu-central-1.amazonaws.com/");
}

TEST(HybridSetup, PlainHttpToAnotherMachineMustBeAllowed) {
  EXPECT_THROW(OptionsOf(OneEndpoint({.url = "http://models.example.com"}), {}), Error);
  EXPECT_NO_THROW(OptionsOf(OneEndpoint({.url = "http://127.0.0.1:1"}), {}));
  EXPECT_NO_THROW(
      OptionsOf(OneEndpoint({.url = "http://models.example.com", .plain_http = true}), {}));
}

TEST(HybridSetup, ABudgetHasItsFile) {
  const TemporaryFolder folder;
  const HybridOptions options =
      OptionsOf(OneEndpoint({.url = "https://models.example.com", .cost = 0.01, .budget = 5}),
                {.workspace = folder.path(), .project = {}});
  EXPECT_DOUBLE_EQ(options.endpoints[0].budget->limit(), 5);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "spent-cloud.json"));
}

}  // namespace
}  // namespace keelrow::hybrid
