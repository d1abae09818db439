#include "nets/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/files.h"
#include "base/json.h"

namespace keelrow::nets {
namespace {

using testing::HasSubstr;

/// A file of this header, with as many zero bytes of values as asked for.
std::string File(const std::string& header, size_t values = 0) {
  const auto length = std::bit_cast<std::array<char, 8>>(uint64_t{header.size()});
  return std::string(length.data(), 8) + header + std::string(values, '\0');
}

std::string Entry(const std::string& rest) {
  return "{\"w\":{" + rest + "}}";
}

void ExpectRefused(const std::string& bytes, Code code, const std::string& part) {
  const auto result = ParseSafetensors(bytes, "attack.safetensors");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), code) << result.error().what();
  EXPECT_THAT(result.error().message(), HasSubstr(part));
  EXPECT_THAT(result.error().message(), HasSubstr("attack.safetensors"));
}

WeightMap SomeWeights() {
  return {{"a.weight", Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, -6})},
          {"b.count", Tensor::Of<int64_t>({}, {1LL << 40})},
          {"c.bytes", Tensor::Of<uint8_t>({3}, {1, 2, 255})},
          {"d.empty", Tensor::Of<float>({0, 4}, {})},
          {"e.ints", Tensor::Of<int32_t>({1}, {-7})}};
}

TEST(Safetensors, RoundTripKeepsEveryBit) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "w.safetensors";
  const WeightMap weights = SomeWeights();
  WriteSafetensors(path, weights, {{"format", "pt"}, {"step", "17 é"}});
  const Safetensors read = ReadSafetensors(path).Value();
  EXPECT_EQ(read.tensors, weights);
  EXPECT_EQ(read.metadata.at("step"), "17 é");
  EXPECT_EQ(ParseSafetensors(ReadFile(path), "w").Value().tensors, weights);
}

TEST(Safetensors, EqualWeightsGiveEqualFilesWithAlignedValues) {
  const TemporaryFolder folder;
  WriteSafetensors(folder.path() / "1", SomeWeights());
  WriteSafetensors(folder.path() / "2", SomeWeights());
  const std::string bytes = ReadFile(folder.path() / "1");
  EXPECT_EQ(bytes, ReadFile(folder.path() / "2"));
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  EXPECT_EQ(length % 8, 0U);
  const Json header = ParseJson(bytes.substr(8, length), "header").Value();
  for (const auto& [name, tensor] : SomeWeights()) {
    EXPECT_EQ(header[name]["data_offsets"][0].get<size_t>() % SizeOf(tensor.dtype), 0U) << name;
  }
}

TEST(Safetensors, HalfAndDoubleFloatsComeAsFloats) {
  const std::string header = R"({"b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},)"
                             R"("d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                             R"("h":{"dtype":"F16","shape":[2],"data_offsets":[10,14]}})";
  std::string bytes = File(header);
  const double number = 0.5;
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
  bytes.append("\x40\xc0\x01\x00\x00\xfc", 6);  // -3; the smallest half; -infinity
  const WeightMap weights = ParseSafetensors(bytes, "w").Value().tensors;
  EXPECT_EQ(weights.at("d"), Tensor::Of<float>({1}, {0.5F}));
  EXPECT_EQ(weights.at("b"), Tensor::Of<float>({1}, {-3}));
  EXPECT_EQ(weights.at("h"), Tensor::Of<float>({2}, {0x1p-24F, -INFINITY}));
}

TEST(Safetensors, AnAbsentFileIsNotFound) {
  try {
    (void)ReadSafetensors("/nowhere/w.safetensors");
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kNotFound);
  }
}

TEST(SafetensorsAttack, TooShortForALength) {
  ExpectRefused("", Code::kCorrupt, "shorter");
  ExpectRefused("1234567", Code::kCorrupt, "shorter");
}

TEST(SafetensorsAttack, HeaderLongerThanTheFile) {
  ExpectRefused(std::string(8, '\xff') + "{}", Code::kCorrupt, "claims");
  ExpectRefused(std::string("\x03\0\0\0\0\0\0\0{}", 10), Code::kCorrupt, "claims");
}

TEST(SafetensorsAttack, HeaderAboveTheLimit) {
  const std::string header = "{}" + std::string(kSafetensorsHeaderMax, ' ');
  ExpectRefused(File(header), Code::kLimit, "header");
}

TEST(SafetensorsAttack, HeaderIsNotAnObject) {
  ExpectRefused(File("[]"), Code::kCorrupt, "begin with {");
  ExpectRefused(File("{\"w\":"), Code::kCorrupt, "");
  ExpectRefused(File("{\"w\":" + std::string(100'000, '[')), Code::kCorrupt, "nest");
  ExpectRefused(File("{\"w\":1}"), Code::kCorrupt, "alone");
}

TEST(SafetensorsAttack, ProductOfExtentsOverflows) {
  // 2^32 * 2^32 * 4 is 0 in 64 bits.
  ExpectRefused(
      File(Entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])")),
      Code::kCorrupt, "do not fit its shape");
  ExpectRefused(
      File(Entry(R"("dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4])"), 4),
      Code::kCorrupt, "do not fit its shape");
}

TEST(SafetensorsAttack, AZeroHidesAProductThatOverflows) {
  for (const char* shape : {"[4611686018427387904,4,0]", "[0,4611686018427387904,4]"}) {
    const std::string fields =
        std::string(R"("dtype":"F32","data_offsets":[0,0],"shape":)") + shape;
    ExpectRefused(File(Entry(fields)), Code::kCorrupt, "do not fit its shape");
  }
}

TEST(SafetensorsAttack, ShapeAndOffsetsDisagree) {
  ExpectRefused(File(Entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4), Code::kCorrupt,
                "do not fit its shape");
  ExpectRefused(File(Entry(R"("dtype":"F32","shape":[0],"data_offsets":[0,4])"), 4), Code::kCorrupt,
                "do not fit its shape");
}

TEST(SafetensorsAttack, OffsetsReachBeyondTheFile) {
  ExpectRefused(File(Entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 4), Code::kCorrupt,
                "beyond the end");
  ExpectRefused(
      File(Entry(
          R"("dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807])")),
      Code::kCorrupt, "belong to no tensor");
}

TEST(SafetensorsAttack, OffsetsRunBackwardsOrAreNotTwoNumbers) {
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":[1],"data_offsets":[1,0])"), 1), Code::kCorrupt,
                "improper");
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":[1],"data_offsets":[0])"), 1), Code::kCorrupt,
                "improper");
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":[1],"data_offsets":[-1,0])"), 1), Code::kCorrupt,
                "whole number");
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":[1.0],"data_offsets":[0,1])"), 1),
                Code::kCorrupt, "whole number");
  ExpectRefused(
      File(Entry(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1])"), 1),
      Code::kCorrupt, "whole number");
}

TEST(SafetensorsAttack, TensorsOverlap) {
  ExpectRefused(File(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                     R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                     3),
                Code::kCorrupt, "overlaps");
}

TEST(SafetensorsAttack, BytesBelongToNoTensor) {
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":[1],"data_offsets":[1,2])"), 2), Code::kCorrupt,
                "before `w`");
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":[1],"data_offsets":[0,1])"), 2), Code::kCorrupt,
                "at the end");
}

TEST(SafetensorsAttack, AKeyTwice) {
  ExpectRefused(File(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                     R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                     2),
                Code::kCorrupt, "belong to no tensor");
}

TEST(SafetensorsAttack, FieldsOfTheWrongKind) {
  ExpectRefused(File(Entry(R"("dtype":7,"shape":[1],"data_offsets":[0,1])"), 1), Code::kCorrupt,
                "dtype");
  ExpectRefused(File(Entry(R"("dtype":"U8","shape":1,"data_offsets":[0,1])"), 1), Code::kCorrupt,
                "not a list");
  ExpectRefused(File(R"({"__metadata__":{"a":1}})"), Code::kCorrupt, "metadata `a`");
  ExpectRefused(File(R"({"__metadata__":[]})"), Code::kCorrupt, "metadata");
}

TEST(SafetensorsAttack, AShapeOfManyAxes) {
  std::string shape = "1";
  for (int i = 0; i < 40; ++i) shape += ",1";
  ExpectRefused(File(Entry("\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[0,1]"), 1),
                Code::kCorrupt, "axes");
}

TEST(SafetensorsAttack, UnknownTypeIsUnsupported) {
  ExpectRefused(File(Entry(R"("dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1])"), 1),
                Code::kUnsupported, "F8_E4M3");
}

TEST(SafetensorsAttack, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  WriteSafetensors(folder.path() / "w", SomeWeights(), {{"k", "v"}});
  const std::string bytes = ReadFile(folder.path() / "w");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto result = ParseSafetensors(std::string_view(bytes).substr(0, size), "cut");
    ASSERT_FALSE(result.ok()) << size << " of " << bytes.size() << " bytes were accepted";
    EXPECT_EQ(result.error().code(), Code::kCorrupt) << size;
  }
}

}  // namespace
}  // namespace keelrow::nets
