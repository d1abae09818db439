// What a rollout judges of a request's time.
#include <gtest/gtest.h>

#include <thread>

#include "models/model_for_test.h"
#include "predictions/rollouts.h"
#include "track/store.h"

namespace keelrow::predictions {
namespace {

using namespace std::chrono_literals;
using models::Clock;
using models::kModelName;

constexpr auto kLimit = 200ms;  // of latency

/// Version 2 is rolled out beside version 1, and answers everybody.
class RolloutParts : public testing::Test {
 protected:
  RolloutParts() {
    for (const uint64_t seed : {1, 2}) {
      const std::string path = std::to_string(seed);
      const std::string hash = models::MakeBundle(folder_.path() / path, seed);
      store_.Register({.model = kModelName, .bundle_path = path, .bundle_hash = hash}, "test");
    }
    store_.Promote({.model = kModelName, .version = 1, .actor = "test"});
    const Json plan = {{"steps", {{{"weight", 1}, {"hold", "1h"}}}},
                       {"slo", {{"latency", "200ms"}, {"slower", 0}, {"samples", 10}}}};
    store_.StartRollout({.model = kModelName, .candidate = 2, .plan = plan, .actor = "test"});
    std::vector<std::unique_ptr<models::Source>> sources;
    sources.push_back(models::RegistrySource(folder_.path() / "store.db", folder_.path()));
    models_.emplace(std::move(sources), models::RepositoryOptions{.every = 2ms}, executor_);
    rollouts_.emplace(
        RolloutsOptions{.store = folder_.path() / "store.db", .models = *models_, .every = 2ms});
  }

  /// A request that has just arrived, and has the candidate.
  RolloutPart Arrive() {
    const auto end = Clock::now() + 60s;
    while (Clock::now() < end) {
      http::Request request;
      request.arrived = Clock::now();
      RolloutPart part = rollouts_->Assign({.model = kModelName, .version = ""}, request);
      if (part.candidate()) return part;
      http::Response response;  // not yet: it is counted as no answer
      const auto champion = models_->Find(kModelName);
      if (champion) part.End(*champion, Cause::kRefused, response);
      std::this_thread::sleep_for(1ms);
    }
    throw Error(Code::kTimeout, "the candidate answers nobody");
  }
  static void End(RolloutPart& part) {
    const auto candidate = part.candidate();
    http::Response response{.status = 200};
    part.End(*candidate, Cause::kAnswered, response);
  }
  /// As the store has it, once so many answers are there.
  rollout::Tally Candidate(uint64_t answers) const {
    const auto end = Clock::now() + 60s;
    while (Clock::now() < end) {
      const rollout::Evidence seen = rollout::Pooled(store_.Evidence(1, 0), 0);
      if (seen.step.candidate.answered >= answers) return seen.step.candidate;
      std::this_thread::sleep_for(10ms);
    }
    throw Error(Code::kTimeout, "the answers were not counted");
  }

  TemporaryFolder folder_;
  track::Store store_{folder_.path() / "store.db"};
  models::Executor executor_{2};
  std::optional<models::Repository> models_;
  std::optional<Rollouts> rollouts_;
};

/// Enough of them to be called slow, and overdue while the rollout is judged.
TEST_F(RolloutParts, WhatHostsOfFilesTakeIsNotTheVersionsTime) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      RolloutPart part = Arrive();
      Question question;
      question.examples.resize(2);
      question.bring = [](size_t number) -> transforms::Payload {
        std::this_thread::sleep_for(1500ms);
        if (number == 0) throw Error(Code::kNotFound, "one that is not there");
        return std::string("file");
      };
      part.Keep(question);
      EXPECT_THROW(question.bring(0), Error);
      EXPECT_EQ(std::get<std::string>(question.bring(1)), "file");
      std::this_thread::sleep_for(20ms);  // the version's own
      End(part);
    });
  }
  threads.clear();
  const rollout::Tally candidate = Candidate(8);
  EXPECT_EQ(candidate.latencies.Total(), 8u);
  EXPECT_EQ(candidate.latencies.Above(kLimit), 0u);
  EXPECT_EQ(candidate.latencies.Above(8ms), 8u) << "by row";
  EXPECT_TRUE(store_.LastRollout(kModelName)->Active()) << store_.LastRollout(kModelName)->reason;
}

TEST_F(RolloutParts, ManyRowsMakeNoVersionSlow) {
  std::vector<RolloutPart> parts;
  for (int i = 0; i < 8; ++i) {
    parts.push_back(Arrive());
    Question question;
    if (i % 2 == 0) {
      question.examples.resize(100);
    } else {
      question.tensors = {Tensor::Zeros(DType::kFloat32, {100, 1})};
    }
    parts.back().Keep(question);
  }
  std::this_thread::sleep_for(2s);  // by then it was judged what is under way
  for (RolloutPart& part : parts) End(part);
  const rollout::Tally candidate = Candidate(8);
  EXPECT_EQ(candidate.latencies.Above(15ms), 8u);
  EXPECT_EQ(candidate.latencies.Above(kLimit), 0u);
  EXPECT_TRUE(store_.LastRollout(kModelName)->Active()) << store_.LastRollout(kModelName)->reason;
}

/// A champion's cache is warm when a candidate's is cold.
TEST_F(RolloutParts, WhatWasRememberedHasNoLatency) {
  for (int i = 0; i < 3; ++i) {
    RolloutPart remembered = Arrive();
    End(remembered);
  }
  RolloutPart computed = Arrive();
  Question question;
  question.examples.resize(1);
  computed.Keep(question);
  End(computed);
  EXPECT_EQ(Candidate(4).latencies.Total(), 1u);
}

}  // namespace
}  // namespace keelrow::predictions
