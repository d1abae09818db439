#include "nets/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "nets/pretrained.h"

namespace keelrow::nets {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Written by torch.save: tests/parity/torch_files.py.
fs::path Golden(const std::string& name) {
  return fs::path(KEELROW_SOURCE_DIR) / "tests/golden/torch_files" / (name + ".pth");
}

Expected<WeightMap> Parse(const std::string& bytes) {
  return ParseTorchFile(bytes, "attack.pth");
}

template <class T>
std::vector<T> Values(const Tensor& tensor) {
  const auto values = tensor.As<T>();
  return {values.begin(), values.end()};
}

class TorchFormat : public testing::TestWithParam<const char*> {
 protected:
  std::string bytes_ = ReadFile(Golden(GetParam()));
};

TEST_P(TorchFormat, EveryTypeAndLayoutIsRead) {
  const WeightMap weights = Parse(bytes_).Value();
  EXPECT_EQ(weights.size(), 11U);
  EXPECT_EQ(weights.at("dense").shape, (std::vector<int64_t>{3, 4}));
  EXPECT_THAT(Values<float>(weights.at("dense")),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_EQ(weights.at("transposed").shape, (std::vector<int64_t>{4, 3}));
  EXPECT_THAT(Values<float>(weights.at("transposed")),
              ElementsAre(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11));
  EXPECT_THAT(Values<float>(weights.at("window")), ElementsAre(5, 6, 9, 10));
  EXPECT_THAT(Values<float>(weights.at("half")), ElementsAre(1.5F, -2, 65504, 0x1p-24F));
  EXPECT_THAT(Values<float>(weights.at("bfloat")), ElementsAre(1, -3));
  EXPECT_THAT(Values<float>(weights.at("double")), ElementsAre(0.5F, INFINITY));
  EXPECT_THAT(Values<int64_t>(weights.at("counter")), ElementsAre(7));
  EXPECT_TRUE(weights.at("counter").shape.empty());
  EXPECT_THAT(Values<int32_t>(weights.at("ints")), ElementsAre(-1, 2));
  EXPECT_THAT(Values<uint8_t>(weights.at("bytes")), ElementsAre(1, 255));
  EXPECT_EQ(weights.at("empty").shape, (std::vector<int64_t>{0, 3}));
  EXPECT_THAT(Values<float>(weights.at("parameter")), ElementsAre(9));
}

TEST_P(TorchFormat, EveryTruncationIsRefused) {
  for (size_t size = 0; size < bytes_.size(); size += 7) {
    EXPECT_FALSE(Parse(bytes_.substr(0, size)).ok()) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(TorchFile, TorchFormat, testing::Values("zip", "legacy"),
                         [](const auto& info) { return std::string(info.param); });

TEST(TorchFile, ACheckpointsWeightsAreFound) {
  const WeightMap weights = Parse(ReadFile(Golden("checkpoint"))).Value();
  ASSERT_EQ(weights.size(), 1U);
  EXPECT_THAT(Values<float>(weights.at("module.w")), ElementsAre(1, 2));
}

TEST(TorchFileAttack, AWholeModelIsRefusedWithTheWayOut) {
  const auto weights = Parse(ReadFile(Golden("whole_model")));
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code(), Code::kUnsafe);
  EXPECT_THAT(weights.error().message(), HasSubstr("torch.nn.modules.linear.Linear"));
  EXPECT_THAT(weights.error().hint(), HasSubstr("state_dict()"));
}

TEST(TorchFileAttack, ChangedValuesOfAZipAreNoticed) {
  std::string bytes = ReadFile(Golden("zip"));
  const std::string values("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);  // 1, 2
  const size_t at = bytes.find(values);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 1;
  const auto weights = Parse(bytes);
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code(), Code::kCorrupt);
}

/// The legacy file with one part replaced by another of the same length.
Expected<WeightMap> LegacyWith(const std::string& from, const std::string& to) {
  std::string bytes = ReadFile(Golden("legacy"));
  const size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos);
  return Parse(bytes.replace(at, from.size(), to));
}

TEST(TorchFileAttack, AShapeBeyondItsStorageIsRefused) {
  const auto weights = LegacyWith("K\x03K\x04\x86", "K\x03K\x7f\x86");
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code(), Code::kCorrupt);
  EXPECT_THAT(weights.error().message(), HasSubstr("beyond"));
}

TEST(TorchFileAttack, AnEvilNameIsRefused) {
  const auto weights = LegacyWith("ctorch\nHalfStorage\n", "cposix\nsystem12345\n");
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code(), Code::kUnsafe);
}

TEST(TorchFileAttack, OtherFilesAreNotOurs) {
  const auto weights = Parse("hello");
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace keelrow::nets
