#include <gtest/gtest.h>

#include <thread>

#include "http/server.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;

/// A service that has work under way for which it waits for another host, when it is stopped.
class Stop : public ServiceTest {
 protected:
  void SetUp() override {
    Promote(AddVersion(1));
    host_.Start();
  }

  http::Response AnswerLate(const http::Request&) {
    asked_ = true;
    std::this_thread::sleep_for(400ms);
    return {.status = 503};
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(host_.Port()); }

  /// Stops while `ask` is under way, and lets what is under way end before the service is gone or,
  /// if `at_once`, after.
  void StopDuring(const std::function<void()>& ask, bool at_once) {
    std::thread client([&] {
      try {
        ask();
      } catch (const Error&) {  // cut off, which is what a stop without a drain does
      }
    });
    while (!asked_) std::this_thread::sleep_for(1ms);
    const auto begin = std::chrono::steady_clock::now();
    service_->Stop(0ms);
    if (!at_once) std::this_thread::sleep_for(600ms);
    service_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    client.join();
  }

  std::atomic<bool> asked_{false};
  http::Server host_{
      {},
      http::Router(
          {{.method = "GET",
            .pattern = "/data/upload/{file}",
            .handler = http::Sync([this](const auto& request) { return AnswerLate(request); }),
            .access = http::Access::kOpen,
            .run_on = http::RunOn::kWorkers},
           {.method = "POST",
            .pattern = "/predict",
            .handler = http::Sync([this](const auto& request) { return AnswerLate(request); }),
            .access = http::Access::kOpen,
            .run_on = http::RunOn::kWorkers}})};
};

TEST_F(Stop, EndsWhatWaitsForFiles) {
  ModelServiceOptions options = Options();
  options.config.label_studio = {.url = Url()};
  Start(options);
  ASSERT_TRUE(service_->WaitUntilReady(60s));
  const Json task = {{"id", 1}, {"data", {{"image", "/data/upload/a.png"}}}};
  const Json body = {{"tasks", Json::array({task, task, task})},
                     {"project", "1.1"},
                     {"label_config", R"(<View><Image name="image" value="$image"/>
                         <Choices name="animal" toName="image"><Choice value="cat"/>
                         <Choice value="dog"/><Choice value="owl"/></Choices></View>)"}};
  StopDuring([&] { AskJson(body); }, true);
}

/// The endpoint fails after the stop: then the private side would answer, and is not asked.
class StopBesideAnEndpoint : public Stop, public testing::WithParamInterface<bool> {};

TEST_P(StopBesideAnEndpoint, AsksNobodyAfterwards) {
  ModelServiceOptions options = Options();
  options.config.hybrid = {
      .endpoints = {{.name = "cloud", .protocol = {"keelrow"}, .url = Url()}},
      .rules = {{.name = "rule", .endpoint = "cloud", .when = {"always"}, .fallback = true}}};
  Start(std::move(options));
  ASSERT_TRUE(service_->WaitUntilReady(60s));
  StopDuring([&] { Ask("image/png", data::EncodePng(NoisePicture(5))); }, GetParam());
}

INSTANTIATE_TEST_SUITE_P(AtOnceAndLater, StopBesideAnEndpoint, testing::Bool());

}  // namespace
}  // namespace keelrow::serve
