#include "predictions/answer_cache.h"

#include <gtest/gtest.h>

namespace keelrow::predictions {
namespace {

TEST(AnswerCache, TheLongestUnusedGoFirst) {
  AnswerCache cache({.bytes = {.value = 3 * 400}});
  const AnswerCache::Outputs outputs{.tensors = {Tensor::Zeros(DType::kUInt8, {100})}, .looks = {}};
  for (const char* key : {"a", "b", "c"}) cache.Keep(key, outputs);
  EXPECT_TRUE(cache.Find("a"));
  cache.Keep("d", outputs);
  EXPECT_TRUE(cache.Find("a"));
  EXPECT_FALSE(cache.Find("b"));
  EXPECT_LE(cache.Get().bytes, 1200U);
  cache.Keep("large", {.tensors = {Tensor::Zeros(DType::kUInt8, {2000})}, .looks = {}});
  EXPECT_TRUE(cache.Find("d"));
}

TEST(AnswerCache, AnswersGrowOld) {
  AnswerCache cache({.bytes = {.value = 4096}, .ttl = {std::chrono::milliseconds(0)}});
  cache.Keep("a", {.tensors = {Tensor::Zeros(DType::kUInt8, {1})}, .looks = {}});
  EXPECT_FALSE(cache.Find("a"));
  EXPECT_EQ(cache.Get().bytes, 0U);
}

TEST(AnswerCache, CountsWhatItFoundOfEachVersion) {
  AnswerCache cache({.bytes = {.value = 4096}});
  cache.Keep("tiny@1:a", {.tensors = {Tensor::Zeros(DType::kUInt8, {1})}, .looks = {}});
  EXPECT_TRUE(cache.Find("tiny@1:a"));
  EXPECT_TRUE(cache.Find("tiny@1:a"));
  EXPECT_FALSE(cache.Find("tiny@2:a"));
  EXPECT_EQ(cache.Of("tiny", "1").hits, 2U);
  EXPECT_EQ(cache.Of("tiny", "1").misses, 0U);
  EXPECT_GT(cache.Of("tiny", "1").hit_time.count(), 0);
  EXPECT_EQ(cache.Of("tiny", "2").misses, 1U);
  EXPECT_EQ(cache.Of("other", "1").hits, 0U);
}

}  // namespace
}  // namespace keelrow::predictions
