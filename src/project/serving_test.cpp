#include "project/serving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::project {
namespace {

using testing::HasSubstr;

ServedModelConfig ReadSettings(const std::string& sequence) {
  return config::ReadJson<ServedModelConfig>({{"sequence", Json::parse(sequence)}}, "settings");
}

std::string Refusal(const std::string& sequence) {
  try {
    ReadSettings(sequence);
  } catch (const Error& error) {
    return error.what();
  }
  return "it was taken";
}

TEST(SequenceSettings, AreReadAndWritten) {
  const ServedModelConfig config = ReadSettings(
      R"({"axis": 2, "buckets": [16, 32], "pad": {"input_ids": 1, "attention_mask": 0}})");
  ASSERT_TRUE(config.sequence);
  EXPECT_EQ(config.sequence->axis, 2);
  EXPECT_EQ(config.sequence->buckets, (std::vector<int>{16, 32}));
  EXPECT_EQ(config.sequence->pad.at("input_ids"), 1);
  const auto again = config::ReadJson<ServedModelConfig>(config::Write(config), "settings");
  EXPECT_EQ(again.sequence->buckets, config.sequence->buckets);
  EXPECT_FALSE(config::ReadJson<ServedModelConfig>(Json::object(), "settings").sequence);
}

TEST(SequenceSettings, HostileOnesAreRefused) {
  EXPECT_THAT(Refusal(R"({"axis": 0, "buckets": [16]})"),
              HasSubstr("sequences cannot lie on axis 0: it is 1 to 15 (axes are counted from 0"));
  EXPECT_THAT(Refusal(R"({"axis": -1, "buckets": [16]})"), HasSubstr("axis -1"));
  EXPECT_THAT(Refusal(R"({"buckets": []})"), HasSubstr("`buckets` has 0 lengths"));
  EXPECT_THAT(Refusal(R"({})"), HasSubstr("`buckets` has 0 lengths"));
  EXPECT_THAT(Refusal(R"({"buckets": [16, 64, 32]})"), HasSubstr("64 comes before 32"));
  EXPECT_THAT(Refusal(R"({"buckets": [16, 16]})"), HasSubstr("16 comes before 16"));
  EXPECT_THAT(Refusal(R"({"buckets": [0, 16]})"), HasSubstr("a bucket of length 0"));
  EXPECT_THAT(Refusal(R"({"buckets": [2000000000]})"), HasSubstr("a bucket of length 2000000000"));
}

}  // namespace
}  // namespace keelrow::project
