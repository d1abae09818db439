// Two model services and a gateway under load while everything around them goes wrong, one thing
// after another. One model is exchanged every second, and its answers are remembered; another one
// is asked over gRPC, and rolled out all the while. Two minutes; KEELROW_SOAK_SECONDS=1800 for half
// an hour.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

#include "base/free_port_for_test.h"
#include "fault/grpc_client.h"
#include "fault/role_process.h"
#include "fault/soak_measures.h"
#include "http/raw_connection.h"
#include "pipeline/workspace.h"
#include "rollout/split.h"
#include "serve/service_for_test.h"

namespace keelrow::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kClients = 4;
constexpr int kGrpcClients = 2;
constexpr int kFresh = 4;  // one question in so many must not be answered from memory
constexpr int kUsers = 50;
constexpr double kShare = 0.3;         // of them the candidate answers
const std::string kRolled = "rolled";  // the model that is rolled out
constexpr auto kPause = 2ms;           // of a client between two requests: the cores are shared
constexpr size_t kIdleMax = 10'000;
constexpr double kAvailability = 0.9995;
constexpr const char* kRedis = "/usr/bin/redis-server";
constexpr const char* kFakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
constexpr const char* kProject = R"(version: 1
name: tiny
data: {source: data}
prepare:
  - decode: gray
model: {network: small_cnn}
serve:
  models: {folder: models}
  limits: {connections: 20000}
  rate_limit: {all: {rate: 100000}}
  cache: {bytes: 1MB, models: [tiny]}
)";

std::chrono::seconds Length() {
  const char* text = std::getenv("KEELROW_SOAK_SECONDS");
  return std::chrono::seconds(text == nullptr ? 120 : std::stoi(text));
}

/// What a model says of the picture, offline: what a service must say too.
Json ResultOf(const fs::path& bundle, const std::string& picture) {
  return engine::Predictor::Load(bundle).Answer(transforms::Payload(picture)).at("probabilities");
}

class Soak : public testing::Test {
 protected:
  Soak() {
    WriteFileDurably(folder_.path() / "keelrow.yaml", kProject);
    MakeFolders(folder_.path() / "models");
    const pipeline::Workspace workspace(folder_.path() / "keelrow.yaml");
    store_.emplace(workspace.StoreFile());
    for (const int seed : {1, 2}) AddVersion(seed);
    Promote(1);
    store_->Promote({.model = kRolled, .version = 1, .actor = "test"});
    token_ = "Bearer " + gateway::TokenAuthority(gateway::LoadOrCreateSecret(workspace.root()))
                             .Issue({.subject = "tester", .scopes = {"predict"}});
    headers_ = {{"Content-Type", "image/png"}, {"Authorization", token_}};
  }

  /// Of both models.
  void AddVersion(int seed) {
    const std::string name = fmt::format("bundle{}", seed);
    const std::string hash = models::MakeBundle(folder_.path() / name, seed);
    for (const std::string& model : {models::kModelName, kRolled}) {
      store_->Register({.model = model, .bundle_path = name, .bundle_hash = hash}, "test");
    }
    right_[std::to_string(seed)] = ResultOf(folder_.path() / name, picture_);
  }

  /// A canary that stays at its first step. The networks differ in what they say, and are to.
  void StartRollout() {
    const Json plan = {{"key", "header"},
                       {"header", "x-user"},
                       {"steps", {{{"weight", kShare}, {"hold", "24h"}}}},
                       {"slo", {{"mix", 0}, {"latency", "10s"}, {"slower", 0}}}};
    rollout_ =
        store_->StartRollout({.model = kRolled, .candidate = 2, .plan = plan, .actor = "test"});
  }

  void Promote(int version) {
    store_->Promote({.model = models::kModelName, .version = version, .actor = "test"});
  }

  void StartModel(std::optional<RoleProcess>& role, uint16_t port, const fs::path& log = {}) {
    role.reset();
    role.emplace(RoleOptions{.folder = folder_.path(),
                             .port = port,
                             .arguments = {"--role", "model", "--no-auth"},
                             .log = log});
  }
  void StartRedis() {
    redis_.reset();
    redis_.emplace(Command{.arguments = {kRedis, "--port", std::to_string(redis_port_), "--save",
                                         "", "--dir", folder_.path().string()},
                           .log = folder_.path() / "redis.log"});
  }
  void StartGateway() {
    std::vector<std::string> arguments = {
        "--role", "gateway", "--set",
        fmt::format("serve.rate_limit.shared.redis=redis://127.0.0.1:{}", redis_port_)};
    for (const uint16_t port : {first_port_, second_port_}) {
      arguments.insert(arguments.end(), {"--backend", fmt::format("http://127.0.0.1:{}", port)});
    }
    std::map<std::string, std::string> environment;
    if (fs::exists(kFakeTime)) {
      SetClock(0);
      environment = {{"LD_PRELOAD", kFakeTime},
                     {"FAKETIME_TIMESTAMP_FILE", (folder_.path() / "clock").string()},
                     {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                     {"FAKETIME_NO_CACHE", "1"}};
    }
    gateway_.emplace(RoleOptions{.folder = folder_.path(),
                                 .port = FreePort(),
                                 .arguments = arguments,
                                 .environment = environment});
  }
  /// Moves the gateway's wall clock.
  void SetClock(int seconds) const {
    WriteFileDurably(folder_.path() / "clock", fmt::format("{:+}s", seconds));
  }

  /// One client's questions, until the end. `ask` says what was wrong with the answer, if anything.
  template <class Ask>
  void AskUntilTheEnd(Ask ask) {
    for (int i = 0; Clock::now() < end_; ++i) {
      const auto begin = Clock::now();
      std::string failure;
      try {
        failure = ask(i);
      } catch (const Error& error) {
        failure = Info(error.code()).name;
      }
      tally_.Count(failure, std::chrono::duration<float, std::milli>(Clock::now() - begin).count());
      std::this_thread::sleep_for(kPause);
    }
  }
  void Ask() {
    http::Client client({.port = gateway_->port(), .timeout = 10s});
    http::Headers fresh = headers_;
    fresh.Add("Cache-Control", "no-cache");
    AskUntilTheEnd([&](int i) -> std::string {
      const http::Response response =
          client.Post("/predict", picture_, i % kFresh == 0 ? fresh : headers_);
      if (response.status != 200) return fmt::format("status {}", response.status);
      const Json answer = Json::parse(response.body);
      const Json& said = answer.at("result").at("probabilities");
      std::vector<float> scores;
      for (const std::string& label : models::kLabels) scores.push_back(said.at(label));
      if (IsRight(VersionIn(answer), scores)) return "";
      tally_.CountWrong();
      return "a wrong answer: " + response.body;
    });
  }
  /// Another user each time: each has the version that is his.
  void AskOverGrpc(int client) {
    GrpcClient grpc(
        gateway_->port(),
        {{"content-type", "application/grpc"}, {"te", "trailers"}, {"authorization", token_}});
    const rollout::Split split(rollout_.id);
    AskUntilTheEnd([&](int i) -> std::string {
      const std::string user = fmt::format("user{}", (i * kGrpcClients + client) % kUsers);
      const GrpcAnswer answer = grpc.Infer(kRolled, picture_, {{"x-user", user}});
      if (answer.status != "0") return "gRPC status " + answer.status;
      ++by_version_[answer.version == "2" ? 1 : 0];
      const bool allowed = answer.version == "1" || split.IsCandidate("h" + user, kShare);
      if (allowed && IsRight(answer.version, answer.scores)) return "";
      tally_.CountWrong();
      return fmt::format("a wrong answer for {} by version {}", user, answer.version);
    });
  }

  /// Of the version that it names: one that mixed two would be neither's.
  bool IsRight(const std::string& version, const std::vector<float>& scores) const {
    const auto right = right_.find(version);
    if (right == right_.end() || scores.size() != models::kLabels.size()) return false;
    for (size_t i = 0; i < scores.size(); ++i) {
      const auto wanted = right->second.at(models::kLabels[i]).get<float>();
      if (!(std::abs(scores[i] - wanted) < 1e-4F)) return false;
    }
    return true;
  }
  static std::string VersionIn(const Json& answer) {
    const Json& version = answer.at("model").at("version");
    return version.is_string() ? version.get<std::string>() : version.dump();
  }

  // What goes wrong. Each returns when it is over and the service has had time to notice.

  void KillAModelService() {
    first_->Signal(SIGKILL);
    first_->Wait();
    std::this_thread::sleep_for(1s);
    StartModel(first_, first_port_);
    ASSERT_TRUE(first_->WaitUntilReady());
  }
  /// It says that it is not ready, answers what was begun, and ends.
  void StopAModelService() {
    first_->Signal(SIGTERM);
    EXPECT_EQ(first_->Wait().code, 0);
    StartModel(first_, first_port_);
    ASSERT_TRUE(first_->WaitUntilReady());
  }
  void KillRedis() {
    redis_->Signal(SIGKILL);
    redis_->Wait();
    std::this_thread::sleep_for(2s);
    StartRedis();
  }
  void StepTheClock() {
    for (const int seconds : {3600, -3600, 0}) {
      SetClock(seconds);
      std::this_thread::sleep_for(500ms);
    }
  }
  /// A model whose file the engine cannot read, beside those that answer.
  void SpoilAModel() {
    const fs::path file = folder_.path() / "models" / "spoiled.onnx";
    const std::string whole = models::LinearNetwork(3, 3);
    WriteFileDurably(file, whole.substr(0, whole.size() / 2));
    std::this_thread::sleep_for(1s);
    fs::remove(file);
  }
  /// Questions that a model's thread cannot answer.
  void AskForFaults() {
    http::Client client({.port = second_port_, .timeout = 10s});
    for (int i = 0; i < 50; ++i) {
      client.Post("/predict", picture_.substr(0, picture_.size() - 20), headers_);
      client.Post("/v2/models/tiny/infer", R"({"inputs": [{"name": "input", "shape": [1, 1]}]})",
                  {{"Content-Type", "application/json"}});
    }
  }
  /// Clients that send half a request, a byte at a time, or end their side too early.
  void BeSlow() {
    const std::string head = fmt::format(
        "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {}\r\n",
        picture_.size());
    std::vector<std::unique_ptr<http::RawConnection>> connections;
    for (int i = 0; i < 100; ++i) {
      connections.push_back(std::make_unique<http::RawConnection>(gateway_->port()));
      connections.back()->Send(head);
      if (i % 2 == 0) connections.back()->EndSending();
    }
    for (int i = 0; i < 20; ++i) {
      for (const auto& connection : connections) connection->Send("x");
      std::this_thread::sleep_for(50ms);
    }
  }
  void BeIdle() {
    std::vector<std::unique_ptr<http::RawConnection>> connections;
    for (size_t i = 0; i < IdleConnections(); ++i) {
      connections.push_back(std::make_unique<http::RawConnection>(gateway_->port()));
    }
    EXPECT_TRUE(gateway_->SoonSays("http_connections"));
    std::this_thread::sleep_for(1s);
  }
  /// As many as the system lets a process have, beside its others.
  static size_t IdleConnections() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    return std::min<size_t>(kIdleMax, files.rlim_cur > 1'000 ? files.rlim_cur - 500 : 0);
  }

  void GoWrong() {
    const std::vector<std::pair<const char*, void (Soak::*)()>> faults = {
        {"a model service killed", &Soak::KillAModelService},
        {"a model service stopped", &Soak::StopAModelService},
        {"Redis killed", &Soak::KillRedis},
        {"the clock stepped", &Soak::StepTheClock},
        {"a model spoiled", &Soak::SpoilAModel},
        {"questions that fail", &Soak::AskForFaults},
        {"slow and half-closed clients", &Soak::BeSlow},
        {"idle connections", &Soak::BeIdle}};
    for (size_t i = 0; Clock::now() < end_ - 10s; ++i) {
      const auto& [name, fault] = faults[i % faults.size()];
      (this->*fault)();
      ++faults_[name];
      std::this_thread::sleep_for(1s);
    }
  }

  TemporaryFolder folder_;
  std::optional<track::Store> store_;
  std::map<std::string, Json> right_;  // by version
  track::Rollout rollout_;
  std::string token_;
  http::Headers headers_;
  const std::string picture_ = data::EncodePng(serve::NoisePicture(1));
  const uint16_t first_port_ = FreePort(), second_port_ = FreePort(), redis_port_ = FreePort();
  std::optional<RoleProcess> first_, second_, gateway_;
  std::optional<Process> redis_;
  SoakTally tally_;
  std::array<std::atomic<int64_t>, 2> by_version_{};  // answers of the model that is rolled out
  std::map<std::string, int> faults_;
  Clock::time_point end_;
};

TEST_F(Soak, WhateverGoesWrongAnswersAreRightAndComeInTime) {
  if (!fs::exists(kRedis)) GTEST_SKIP() << "redis-server is not installed: ./bootstrap --dev";
  Soak::IdleConnections();  // what is started inherits the limit
  StartRedis();
  StartModel(first_, first_port_);
  StartModel(second_, second_port_, "/dev/full");  // a disk that is full
  ASSERT_TRUE(first_->WaitUntilReady() && second_->WaitUntilReady());
  StartGateway();
  ASSERT_TRUE(gateway_->WaitUntilReady());

  StartRollout();
  const auto begin = Clock::now();
  end_ = begin + Length();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kClients; ++i) threads.emplace_back([this] { Ask(); });
  for (int i = 0; i < kGrpcClients; ++i) threads.emplace_back([this, i] { AskOverGrpc(i); });
  Memory of_gateway, of_model;
  threads.emplace_back([&] {  // another version every second
    for (int i = 0; Clock::now() < end_; ++i) {
      Promote(1 + i % 2);
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      of_gateway.Sample(seconds, gateway_->pid());
      of_model.Sample(seconds, second_->pid());
      std::this_thread::sleep_for(1s);
    }
  });
  GoWrong();
  threads.clear();

  for (const auto& [name, times] : faults_) fmt::print("{:32} {} times\n", name, times);
  for (const auto& [name, times] : tally_.Failures()) fmt::print("{}: {} times\n", name, times);
  const double p99 = tally_.Quantile(0.99), longest = tally_.Quantile(1);
  fmt::print(
      "{} requests in {} s: availability {:.4f} %, {} wrong; p99 {:.1f} ms, longest {:.0f} ms\n"
      "rolled out over gRPC: {} answers by version 1, {} by version 2\n"
      "resident memory: gateway {}, model service {}\n",
      tally_.Asked(), Length().count(), 100 * tally_.Availability(), tally_.Wrong(), p99, longest,
      by_version_[0].load(), by_version_[1].load(), of_gateway.Text(), of_model.Text());
  EXPECT_EQ(tally_.Wrong(), 0);
  EXPECT_GE(tally_.Availability(), kAvailability);
  EXPECT_LT(longest, 10'000) << "a request was stuck";
  EXPECT_GT(by_version_[0], 0);
  EXPECT_GT(by_version_[1], 0);
  const track::Rollout last = *store_->LastRollout(kRolled);
  EXPECT_TRUE(last.Active()) << "no version was at fault: " << last.reason;
  EXPECT_TRUE(second_->Says("answer_cache_hits_total ") &&
              !second_->Says("answer_cache_hits_total 0\n"));
  EXPECT_LT(of_gateway.Last() - of_gateway.First(), 20);
  EXPECT_LT(of_model.Last() - of_model.First(), 40);
  gateway_->Signal(SIGTERM);
  EXPECT_EQ(gateway_->Wait().code, 0);
}

}  // namespace
}  // namespace keelrow::tests
