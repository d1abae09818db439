#include "rollout/evidence.h"

#include <gtest/gtest.h>

#include <thread>

#include "rollout/recorder.h"

namespace keelrow::rollout {
namespace {

using namespace std::chrono_literals;

const Time kStart = Time(1000s);

TEST(Latencies, QuantilesAreTheUpperEndOfAClass) {
  Latencies latencies;
  EXPECT_EQ(latencies.Quantile(0.99), 0ns);
  for (int i = 1; i <= 1000; ++i) latencies.Add(std::chrono::milliseconds(i));
  for (const double quantile : {0.5, 0.9, 0.99}) {
    const double ms =
        std::chrono::duration<double, std::milli>(latencies.Quantile(quantile)).count();
    EXPECT_GE(ms, 1000 * quantile);
    EXPECT_LE(ms, 1000 * quantile * 1.1);
  }
}

TEST(Latencies, AboveNeverCountsTooMany) {
  Latencies latencies;
  for (int i = 0; i < 10; ++i) latencies.Add(500ms);
  EXPECT_EQ(latencies.Above(500ms), 0u);
  EXPECT_EQ(latencies.Above(400ms), 10u);
  latencies.Add(600ms);
  EXPECT_EQ(latencies.Above(500ms), 1u);
  latencies.Add(24h);  // beyond the last class
  latencies.Add(-1ns);
  EXPECT_EQ(latencies.Total(), 13u);
  EXPECT_EQ(latencies.Above(0ns), 12u);
}

TEST(Evidence, ComesBackFromJson) {
  Recorder recorder(20s, 500ms);
  recorder.Begin(Side::kCandidate, kStart);
  recorder.End({.side = Side::kCandidate, .labels = {"cat", "dog", "cat"}}, kStart, kStart + 70ms);
  recorder.End({.side = Side::kStable, .result = Result::kFailed}, kStart, kStart + 1s);
  recorder.Compare({.stable_label = "cat", .candidate_label = "owl", .distance = 0.5}, kStart + 1s);
  const Evidence seen = recorder.Seen(kStart + 2s);
  const Evidence back = EvidenceFrom(Json::parse(ToJson(seen).dump()));
  EXPECT_EQ(ToJson(back), ToJson(seen));
  EXPECT_EQ(back.step.candidate.labels.at("cat"), 2u);
  EXPECT_EQ(back.step.stable.failed, 1u);
  EXPECT_EQ(back.recent.shadow.distance, 0.5);
}

TEST(Evidence, DamageIsNamed) {
  Json json = ToJson(Evidence{});
  for (const char* bad : {R"({"999": 1})", R"({"x": 1})", R"({"1": -1})", R"({"1x": 1})"}) {
    json["step"]["stable"]["latencies"] = Json::parse(bad);
    EXPECT_THROW(EvidenceFrom(json), Error) << bad;
  }
  EXPECT_THROW(EvidenceFrom(Json::object()), Error);
  EXPECT_THROW(EvidenceFrom(Json(3)), Error);
}

TEST(Evidence, LabelsAreBounded) {
  Tally tally;
  for (int i = 0; i < 5000; ++i) tally.CountLabel(std::to_string(i));
  EXPECT_LE(tally.labels.size(), 1001u);
  uint64_t sum = 0;
  for (const auto& [label, count] : tally.labels) sum += count;
  EXPECT_EQ(sum, 5000u);
}

TEST(Recorder, TheWindowForgetsAndTheStepDoesNot) {
  Recorder recorder(5s, 500ms);
  for (int second = 0; second < 10; ++second) {
    const Time now = kStart + std::chrono::seconds(second);
    recorder.End({.side = Side::kStable}, now - 10ms, now);
  }
  EXPECT_EQ(recorder.Seen(kStart + 9s).step.stable.answered, 10u);
  EXPECT_EQ(recorder.Seen(kStart + 9s).recent.stable.answered, 6u);  // of 4 s to 9 s
  EXPECT_EQ(recorder.Seen(kStart + 60s).recent.stable.answered, 0u);
}

TEST(Recorder, WhoDidNotWaitIsNoFailureButSaysWhatIsTooSlow) {
  Recorder recorder(20s, 500ms);
  const Time begin{};
  for (const auto waited : {1ms, 499ms, 900ms, 9000ms}) {
    recorder.Begin(Side::kCandidate, begin);
    recorder.End({.side = Side::kCandidate, .result = Result::kLeft}, begin, begin + waited);
  }
  const Tally seen = recorder.Seen(begin + 9s).recent.candidate;
  EXPECT_EQ(seen.Total(), 0u);
  EXPECT_EQ(seen.overdue, 0u);
  EXPECT_EQ(seen.latencies.Above(500ms), 2u);
  EXPECT_EQ(seen.latencies.Total(), 2u);
}

TEST(Recorder, ACandidateThatDoesNotAnswerIsOverdue) {
  Recorder recorder(20s, 500ms);
  for (int i = 0; i < 3; ++i) recorder.Begin(Side::kCandidate, kStart);
  recorder.Begin(Side::kStable, kStart);
  EXPECT_EQ(recorder.Seen(kStart + 499ms).recent.candidate.overdue, 0u);
  EXPECT_EQ(recorder.Seen(kStart + 501ms).recent.candidate.overdue, 3u);
  recorder.End({.side = Side::kCandidate, .result = Result::kFailed}, kStart, kStart + 600ms);
  EXPECT_EQ(recorder.Seen(kStart + 601ms).recent.candidate.overdue, 2u);
  EXPECT_EQ(Recorder(20s, 0ms).Seen(kStart).recent.candidate.overdue, 0u);
}

TEST(Recorder, RefusalsDoNotMakeAVersionLookFast) {
  Recorder recorder(20s, 500ms);
  recorder.End({.side = Side::kCandidate, .result = Result::kRefused}, kStart, kStart);
  const Evidence seen = recorder.Seen(kStart);
  EXPECT_EQ(seen.step.candidate.refused, 1u);
  EXPECT_EQ(seen.step.candidate.latencies.Total(), 0u);
}

TEST(Recorder, ManyRowsAreManyTimesAsLongUnderWay) {
  Recorder recorder(20s, 500ms);
  recorder.Begin(Side::kCandidate, kStart, 100);
  EXPECT_EQ(recorder.Seen(kStart + 49s).recent.candidate.overdue, 0u);
  EXPECT_EQ(recorder.Seen(kStart + 51s).recent.candidate.overdue, 1u);
  recorder.End({.side = Side::kCandidate, .rows = 100}, kStart, kStart + 51s);
  const Evidence seen = recorder.Seen(kStart + 51s);
  EXPECT_EQ(seen.recent.candidate.overdue, 0u);
  EXPECT_EQ(seen.step.candidate.latencies.Total(), 1u) << "a request, however many rows it has";
  EXPECT_EQ(seen.step.candidate.latencies.Above(400ms), 1u);
  EXPECT_EQ(seen.step.candidate.latencies.Above(600ms), 0u);
}

TEST(Recorder, WhoWaitsForOthersIsNotOverdue) {
  Recorder recorder(20s, 500ms);
  recorder.Begin(Side::kCandidate, kStart);
  recorder.Suspend(Side::kCandidate, kStart);
  EXPECT_EQ(recorder.Seen(kStart + 10s).recent.candidate.overdue, 0u);
  recorder.Begin(Side::kCandidate, kStart + 10s, 2);
  EXPECT_EQ(recorder.Seen(kStart + 10s + 900ms).recent.candidate.overdue, 0u);
  EXPECT_EQ(recorder.Seen(kStart + 11s).recent.candidate.overdue, 1u);
}

TEST(Recorder, WhatWasRememberedMakesNoVersionFast) {
  Recorder recorder(20s, 500ms);
  recorder.End({.side = Side::kStable, .computed = false}, kStart, kStart);
  EXPECT_EQ(recorder.Seen(kStart).step.stable.answered, 1u);
  EXPECT_EQ(recorder.Seen(kStart).step.stable.latencies.Total(), 0u);
}

TEST(Recorder, ManyThreadsLoseNothing) {
  Recorder recorder(20s, 500ms);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 2000; ++k) {
        const Time now = kStart + std::chrono::milliseconds(k);
        recorder.Begin(Side::kCandidate, now);
        recorder.End({.side = Side::kCandidate, .labels = {"cat"}}, now, now + 1ms);
        if (k % 100 == 0) recorder.Seen(now);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorder.Seen(kStart + 2s).step.candidate.answered, 8000u);
  EXPECT_EQ(recorder.Seen(kStart + 2s).step.candidate.labels.at("cat"), 8000u);
  EXPECT_EQ(recorder.Seen(kStart + 100s).recent.candidate.overdue, 0u);
}

}  // namespace
}  // namespace keelrow::rollout
