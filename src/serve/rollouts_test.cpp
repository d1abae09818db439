#include "predictions/rollouts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <thread>

#include "serve/service_for_test.h"
#include "track/database.h"

namespace keelrow::serve {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr int kUsers = 200;

/// Version 1 is champion and answers; version 2 is registered.
class RolloutService : public ServiceTest {
 protected:
  void SetUp() override {
    StartReady();
    AddVersion(2);
    for (uint64_t seed = 2; LabelOf(1) == LabelOf(2); ++seed) {
      picture_ = data::EncodePng(NoisePicture(seed));
    }
  }
  Json LabelOf(uint64_t version) const { return Offline(version).Answer(picture_)["label"]; }

  Json Plan(const std::string& mode) const {
    return {{"mode", mode},
            {"key", "header"},
            {"header", "x-user"},
            {"steps", {{{"weight", 0.3}, {"hold", "1h"}}}},
            {"ab", {{"share", 0.3}}},
            // Of these networks each names the labels otherwise; that is tested elsewhere.
            {"slo", {{"mix", 0}, {"latency", "10s"}, {"slower", 0}}}};
  }
  track::Rollout Begin(const Json& plan, int candidate = 2) {
    return store_.StartRollout(
        {.model = kModelName, .candidate = candidate, .plan = plan, .actor = "test"});
  }
  std::string AskAs(const std::string& user, const std::string& path = "/predict") {
    http::Headers headers = WithToken("image/png");
    headers.Add("x-user", user);
    const http::Response response = client_->Post(path, picture_, headers);
    EXPECT_EQ(response.status, 200) << response.body;
    return std::string(response.headers.Find(predictions::kVersionHeader).value_or("none"));
  }
  /// Until the service has taken up the rollout, or its end.
  template <class F>
  static bool Soon(F holds) {
    const auto end = Clock::now() + 30s;
    while (!holds() && Clock::now() < end) std::this_thread::yield();
    return holds();
  }
  std::string CandidatesUser(int64_t rollout) const {
    int i = 0;
    while (!rollout::Split(rollout).IsCandidate(fmt::format("huser{}", i), 0.3)) ++i;
    return fmt::format("user{}", i);
  }
  std::string Metrics() { return Connect().Get("/metrics").body; }
  track::Rollout Last() { return *store_.LastRollout(kModelName); }

  void StartReady() {
    ServiceTest::StartReady();
    client_.emplace(Connect());
  }
  void Restart(const ModelServiceOptions& options) {
    Start(options);
    ASSERT_TRUE(service_->WaitUntilReady(60s));
    client_.emplace(Connect());
  }
  std::optional<http::Client> client_;
  std::string picture_ =  // on which the versions disagree
      data::EncodePng(NoisePicture(1));
};

TEST_F(RolloutService, ACanaryAnswersItsShareAndNobodyElse) {
  EXPECT_EQ(AskAs("ann"), "none");  // nothing is rolled out
  const track::Rollout rollout = Begin(Plan("canary"));
  const std::string theirs = CandidatesUser(rollout.id);
  ASSERT_TRUE(Soon([&] { return AskAs(theirs) == "2"; }));
  const rollout::Split split(rollout.id);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kUsers; ++i) {
      const std::string user = fmt::format("user{}", i);
      EXPECT_EQ(AskAs(user), split.IsCandidate("h" + user, 0.3) ? "2" : "1") << user;
    }
  }
  EXPECT_THAT(Metrics(),
              HasSubstr(R"(rollout_weight{mode="canary",model="tiny",version="2"} 0.3)"));
  EXPECT_EQ(Connect().Get("/readyz").status, 200);
}

TEST_F(RolloutService, WhoNamesAVersionGetsIt) {
  const std::string theirs = CandidatesUser(Begin(Plan("canary")).id);
  ASSERT_TRUE(Soon([&] { return AskAs(theirs) == "2"; }));
  EXPECT_EQ(AskAs(theirs, "/predictions/tiny"), "2");
  EXPECT_EQ(AskAs(theirs, "/predictions/tiny@champion"), "2");
  EXPECT_EQ(AskAs(theirs, "/predictions/tiny/1"), "none");
}

TEST_F(RolloutService, AnswersAreThoseOfTheVersionThatTheyName) {
  const std::string theirs = CandidatesUser(Begin(Plan("canary")).id);
  ASSERT_TRUE(Soon([&] { return AskAs(theirs) == "2"; }));
  const std::vector<Json> offline = {Offline(1).Answer(picture_), Offline(2).Answer(picture_)};
  ASSERT_NE(offline[0], offline[1]);
  for (int i = 0; i < 50; ++i) {
    http::Headers headers = WithToken("image/png");
    headers.Add("x-user", fmt::format("user{}", i));
    const http::Response response = client_->Post("/predict", picture_, headers);
    const bool candidate = response.headers.Find(predictions::kVersionHeader) == "2";
    EXPECT_EQ(Json::parse(response.body)["result"], offline[candidate ? 1 : 0]);
    EXPECT_EQ(Json::parse(response.body)["model"]["version"], candidate ? 2 : 1);
  }
}

TEST_F(RolloutService, UndoingTakesTheCandidateAwayFromEverybody) {
  const std::string theirs = CandidatesUser(Begin(Plan("ab")).id);
  ASSERT_TRUE(Soon([&] { return AskAs(theirs) == "2"; }));
  ASSERT_TRUE(store_.ChangeRollout(rollout::Undo(Last(), {.actor = "ann"})));
  ASSERT_TRUE(Soon([&] { return AskAs(theirs) == "none"; }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(AskAs(theirs), "none");
}

TEST_F(RolloutService, PromotingLosesNoRequest) {
  const std::string theirs = CandidatesUser(Begin(Plan("ab")).id);
  ASSERT_TRUE(Soon([&] { return AskAs(theirs) == "2"; }));
  ASSERT_TRUE(store_.ChangeRollout(rollout::Promote(Last(), {.actor = "ann"})));
  const auto version = [&] {
    return Json::parse(Ask("image/png", picture_).body)["model"]["version"].get<int>();
  };
  EXPECT_TRUE(Soon([&] { return version() == 2; }));
}

TEST_F(RolloutService, ACandidateThatCannotBeLoadedIsUndone) {
  WriteFileDurably(folder_.path() / "bundles" / "2" / bundle::kNetworkFile, "damaged");
  Begin(Plan("canary"));
  EXPECT_TRUE(Soon([&] { return !Last().Active(); }));
  EXPECT_THAT(Last().reason, HasSubstr("it cannot be loaded"));
  EXPECT_TRUE(Soon([&] { return AskAs("ann") == "none"; }));
  EXPECT_EQ(Connect().Get("/readyz").status, 200);
  EXPECT_THAT(Metrics(),
              HasSubstr(R"(rollout_changes_total{action="rollout-undo",model="tiny"} 1)"));
}

/// With no room for both, the champion answers the candidate's share, and status and metrics say
/// so.
TEST_F(RolloutService, WhileACandidateIsNotLoadedTheChampionAnswers) {
  ModelServiceOptions options = Options();
  options.config.models.memory.value =
      3 * fs::file_size(folder_.path() / "bundles" / "1" / bundle::kNetworkFile);
  Restart(options);
  const std::string theirs = CandidatesUser(Begin(Plan("canary")).id);
  const auto said = [&] {
    const auto absent = rollout::Pooled(store_.Evidence(Last().id, 0), 0).absent;
    return !absent.empty() && absent[0].find("no memory for it") != std::string::npos;
  };
  EXPECT_TRUE(Soon(said));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(AskAs(theirs), "1");
  EXPECT_TRUE(Last().Active());
  EXPECT_THAT(Metrics(), HasSubstr(R"(rollout_candidate_loaded{model="tiny",version="2"} 0)"));
}

/// Of another model, in the same store.
TEST_F(RolloutService, ADamagedRowIsCountedAndStopsNoOtherRollout) {
  service_.reset();
  for (const int version : {1, 2}) {
    const track::ModelVersion same = store_.GetVersion(kModelName, version);
    store_.Register(
        {.model = "other", .bundle_path = same.bundle_path, .bundle_hash = same.bundle_hash},
        "test");
  }
  store_.Promote({.model = "other", .version = 1, .actor = "test"});
  store_.StartRollout({.model = "other", .candidate = 2, .actor = "test"});
  track::Database(folder_.path() / "store.db").RunScript("UPDATE rollouts SET plan = '{'");
  Restart(Options());
  const std::string theirs = CandidatesUser(Begin(Plan("canary")).id);
  EXPECT_TRUE(Soon([&] { return AskAs(theirs) == "2"; }));
  EXPECT_THAT(Metrics(), HasSubstr(R"(rollout_unreadable_total{what="rollout"} 1)"));
}

TEST_F(RolloutService, AMixThatMovedIsUndone) {
  Json plan = Plan("canary");
  plan["key"] = "request";
  plan.erase("header");
  plan["slo"]["mix"] = 0.25;
  Begin(plan);
  EXPECT_TRUE(Soon([&] {
    AskAs("ann");
    return !Last().Active();
  }));
  EXPECT_THAT(Last().reason, HasSubstr("mix: its labels have another mix"));
}

TEST_F(RolloutService, AShadowIsComparedAndAnswersNobody) {
  Begin(Plan("shadow"));
  const std::string differed =
      R"(rollout_shadow_total{model="tiny",result="differed",version="2"} )";
  const auto compared = [&] {
    EXPECT_EQ(AskAs("ann").find('2'), std::string::npos);
    const std::string metrics = Metrics();
    return metrics.find(differed) != std::string::npos &&
           metrics.find(differed + "0\n") == std::string::npos;
  };
  ASSERT_TRUE(Soon(compared));
  const auto counted = [&] {
    const auto seen = store_.Evidence(Last().id, 0);
    if (seen.empty()) return false;
    const rollout::Evidence evidence = rollout::EvidenceFrom(seen[0].evidence);
    return evidence.step.shadow.compared > 0 && evidence.step.shadow.agreed == 0 &&
           evidence.step.shadow.distance > 0;
  };
  EXPECT_TRUE(Soon(counted));
}

TEST(StickyKeys, AreWhoAsks) {
  http::Request request;
  request.remote = "10.0.0.1:5000";
  request.id = "id-1";
  rollout::Plan plan;
  EXPECT_EQ(predictions::StickyKey(plan, request), "a10.0.0.1");
  request.headers.Add("X-Forwarded-For", "192.0.2.7, 10.0.0.9");
  EXPECT_EQ(predictions::StickyKey(plan, request), "a192.0.2.7");
  request.client_name = "CN=worker";
  EXPECT_EQ(predictions::StickyKey(plan, request), "cCN=worker");
  request.identity = {.subject = "ann", .scopes = {}, .issuer = "idp"};
  EXPECT_EQ(predictions::StickyKey(plan, request), "sidp\nann");
  plan.key = rollout::Key::kHeader;
  plan.header = "x-user";
  EXPECT_EQ(predictions::StickyKey(plan, request), "sidp\nann");
  request.headers.Add("x-user", "u1");
  EXPECT_EQ(predictions::StickyKey(plan, request), "hu1");
  plan.key = rollout::Key::kRequest;
  EXPECT_EQ(predictions::StickyKey(plan, request), "rid-1");
}

}  // namespace
}  // namespace keelrow::serve
