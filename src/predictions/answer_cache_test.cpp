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

}  // namespace
}  // namespace keelrow::predictions
