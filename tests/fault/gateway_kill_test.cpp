// Roles in processes of their own: two model services and a gateway before them. One service is
// killed under load: no request fails, and the service is used again when it is back.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <thread>

#include "base/free_port_for_test.h"
#include "fault/role_process.h"
#include "pipeline/workspace.h"
#include "serve/service_for_test.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kClients = 8;
constexpr const char* kProject = R"(version: 1
name: tiny
data: {source: data}
prepare:
  - decode: gray
model: {network: small_cnn}
)";

using Role = tests::RoleProcess;

class Roles : public testing::Test {
 protected:
  Roles() {
    WriteFileDurably(folder_.path() / "keelrow.yaml", kProject);
    const pipeline::Workspace workspace(folder_.path() / "keelrow.yaml");
    const std::string hash = models::MakeBundle(folder_.path() / "bundle", 1);
    track::Store store(workspace.StoreFile());
    const int version =
        store
            .Register({.model = models::kModelName, .bundle_path = "bundle", .bundle_hash = hash},
                      "test")
            .version;
    store.Promote({.model = models::kModelName, .version = version, .actor = "test"});
    headers_ = {{"Content-Type", "image/png"},
                {"Authorization",
                 "Bearer " + gateway::TokenAuthority(gateway::LoadOrCreateSecret(workspace.root()))
                                 .Issue({.subject = "tester", .scopes = {"predict"}})}};
  }

  Role Model(uint16_t port) {
    return Role({.folder = folder_.path(), .port = port, .arguments = {"--role", "model"}});
  }
  Role Gateway(const std::vector<uint16_t>& models) {
    std::vector<std::string> options = {"--role", "gateway", "--set",
                                        "serve.rate_limit.all.rate=0"};
    for (const uint16_t port : models) {
      options.push_back("--backend");
      options.push_back(fmt::format("http://127.0.0.1:{}", port));
    }
    return Role({.folder = folder_.path(), .port = FreePort(), .arguments = options});
  }
  http::Response Ask(http::Client& client) const {
    return client.Post("/predict", picture_, headers_);
  }

  TemporaryFolder folder_;
  http::Headers headers_;
  const std::string picture_ = data::EncodePng(NoisePicture(1));
};

/// Clients that ask without a pause until they are told to stop.
class Load {
 public:
  explicit Load(std::function<void(Load&)> ask) {
    for (int i = 0; i < kClients; ++i) threads_.emplace_back([this, ask] { ask(*this); });
  }
  ~Load() { Stop(); }
  void Stop() {
    going_ = false;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  bool going() const { return going_; }
  std::atomic<int> asked{0};
  std::atomic<int> failed{0};
  std::atomic<int> wrong{0};

 private:
  std::atomic<bool> going_{true};
  std::vector<std::thread> threads_;
};

TEST_F(Roles, AKilledModelServiceCostsNoRequestAndComesBack) {
  const uint16_t first_port = FreePort();
  Role second = Model(FreePort());
  std::optional<Role> first(std::in_place, Model(first_port));
  Role gateway = Gateway({first_port, second.port()});
  ASSERT_TRUE(first->WaitUntilReady() && second.WaitUntilReady() && gateway.WaitUntilReady());
  http::Client client({.port = gateway.port()});
  const http::Response right = Ask(client);
  ASSERT_EQ(right.status, 200) << right.body;
  const Json result = Json::parse(right.body)["result"];

  Load load([&](Load& mine) {
    http::Client connection({.port = gateway.port()});
    while (mine.going()) {
      const http::Response response = Ask(connection);
      ++mine.asked;
      if (response.status != 200) {
        ++mine.failed;
        ADD_FAILURE() << response.status << " " << response.body;
      } else if (Json::parse(response.body)["result"] != result) {
        ++mine.wrong;
      }
    }
  });
  const auto asked_more = [&](int count) {
    const int until = load.asked + count;
    const auto end = Clock::now() + 60s;
    while (load.asked < until && Clock::now() < end) std::this_thread::yield();
    return load.asked >= until;
  };
  const std::string name = fmt::format("127.0.0.1:{}", first_port);
  for (int kill = 0; kill < 3; ++kill) {
    EXPECT_TRUE(asked_more(300));
    first->Signal(SIGKILL);
    EXPECT_EQ(first->Wait().signal, SIGKILL);
    EXPECT_TRUE(asked_more(300));
    first.emplace(Model(first_port));
    ASSERT_TRUE(first->WaitUntilReady());
    EXPECT_TRUE(first->SoonSays("predictions_total{")) << "it is not asked again";
    EXPECT_TRUE(gateway.SoonSays("backend_breaker_state{backend=\"" + name + "\"} 0"));
    EXPECT_TRUE(gateway.SoonSays("backend_up{backend=\"" + name + "\"} 1"));
  }
  load.Stop();
  EXPECT_EQ(load.failed, 0) << "of " << load.asked;
  EXPECT_EQ(load.wrong, 0);
  EXPECT_TRUE(gateway.Says("why=\"retry\""));
}

TEST_F(Roles, TheGatewayKeepsStrangersOutAndSaysWhenNobodyAnswers) {
  std::optional<Role> model(std::in_place, Model(FreePort()));
  Role gateway = Gateway({model->port()});
  ASSERT_TRUE(model->WaitUntilReady() && gateway.WaitUntilReady());
  http::Client client({.port = gateway.port()});
  EXPECT_EQ(client.Post("/predict", picture_).status, 401);
  EXPECT_TRUE(model->Says("http_requests_total{"));
  EXPECT_FALSE(model->Says("code=\"401\""));  // it was never asked
  EXPECT_EQ(client.Get("/nothing").status, 404);
  const http::Response openapi = client.Get("/openapi.json", headers_);
  EXPECT_EQ(openapi.status, 200);
  EXPECT_THAT(openapi.body, testing::HasSubstr("/predict"));
  EXPECT_EQ(Ask(client).status, 200);

  model->Signal(SIGKILL);
  model->Wait();
  const auto end = Clock::now() + 30s;
  while (gateway.Get("/readyz").status != 503 && Clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(gateway.Get("/readyz").status, 503);
  const http::Response none = Ask(client);
  EXPECT_TRUE(none.status == 502 || none.status == 503) << none.status;
  EXPECT_EQ(gateway.Get("/healthz").status, 200);
  gateway.Signal(SIGTERM);
  EXPECT_EQ(gateway.Wait().code, 0);
}

}  // namespace
}  // namespace keelrow::serve
