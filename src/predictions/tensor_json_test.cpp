#include "predictions/tensor_json.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/packed_numbers.h"

namespace keelrow::predictions {
namespace {

TEST(TensorJson, KeepsEveryTypeAndShape) {
  const Json nested = Json::parse("[[1, 0, 1], [0, 1, 1]]");
  for (const DType dtype : DTypes()) {
    const auto tensor = TensorFromNested(nested, dtype);
    if (dtype == DType::kFloat16 || dtype == DType::kBFloat16) {
      EXPECT_EQ(tensor.error().code(), Code::kUnsupported);
      continue;
    }
    EXPECT_EQ(tensor->shape, (std::vector<int64_t>{2, 3}));
    if (dtype == DType::kBool) continue;  // true and false
    EXPECT_EQ(NestedJson(*tensor), nested) << Name(dtype);
    EXPECT_EQ(TensorFromJson(FlatJson(*tensor), dtype, {2, 3}).Value(), *tensor);
  }
}

TEST(TensorJson, RefusesWhatDoesNotFit) {
  const auto refused = [](const char* json, DType dtype, std::vector<int64_t> shape) {
    return !TensorFromJson(Json::parse(json), dtype, std::move(shape)).ok();
  };
  EXPECT_TRUE(refused("[256]", DType::kUInt8, {1}));
  EXPECT_TRUE(refused("[-1]", DType::kUInt64, {1}));
  EXPECT_TRUE(refused("[1.5]", DType::kInt32, {1}));
  EXPECT_TRUE(refused("[1e300]", DType::kInt64, {1}));
  EXPECT_TRUE(refused("[1e300]", DType::kFloat32, {1}));
  EXPECT_TRUE(refused("[2]", DType::kBool, {1}));
  EXPECT_TRUE(refused("[1, 2]", DType::kFloat32, {3}));
  EXPECT_TRUE(refused("[null]", DType::kFloat32, {1}));
  EXPECT_TRUE(refused("[]", DType::kFloat32, {int64_t{1} << 62, 8}));
  EXPECT_FALSE(TensorFromNested(Json::parse("[[1, 2], [3]]"), DType::kFloat32).ok());
  EXPECT_FALSE(TensorFromNested(Json::parse("[[1, 2], 3]"), DType::kFloat32).ok());
}

/// A list of `count` numbers and the same packed.
std::pair<Json, Json> PlainAndPacked(const std::string& number, size_t count) {
  std::string text = "[";
  for (size_t i = 0; i < count; ++i) text += number + (i + 1 < count ? "," : "]");
  return {ParseJson(text, "list").Value(), ParseJsonPacked(text, "list", count).Value()};
}

TEST(TensorJson, PackedListsAreReadAsOthersAre) {
  for (const char* number : {"0", "1", "-1", "255", "256", "0.1", "-2.5e3", "1e300", "3e9",
                             "9007199254740991", "3.4028235677973366e38"}) {
    const auto [plain, packed] = PlainAndPacked(number, 5);
    ASSERT_TRUE(PackedNumbers::Of(packed));
    for (const DType dtype : DTypes()) {
      const auto wanted = TensorFromJson(plain, dtype, {5});
      const auto got = TensorFromJson(packed, dtype, {5});
      ASSERT_EQ(got.ok(), wanted.ok()) << number << " " << Name(dtype);
      if (wanted) {
        EXPECT_EQ(*got, *wanted) << number << " " << Name(dtype);
      } else {
        EXPECT_EQ(got.error().code(), wanted.error().code());
      }
      EXPECT_FALSE(TensorFromJson(packed, dtype, {4}).ok());
    }
  }
}

TEST(TensorJson, TheShapeOfPackedListsIsThatOfOthers) {
  for (const char* text :
       {"[1, 2, 3]", "[[1, 2, 3], [4, 5, 6]]", "[[[1, 2, 3]], [[4, 5, 6]]]", "[[1, 2], [3, 4]]",
        "[[1, 2, 3], [4, 5, 9007199254740993]]", "[[1, 2, 3], [4, 5]]", "[[1, 2, 3], 4]",
        "[[1, 2, 3], [[4], 5, 6]]", "[[[1], 2, 3], [4, 5, 6]]", "[[1, 2, 3], [4, 5, true]]",
        "[1, 2, [3, 4, 5]]", "[[], [1, 2, 3]]", "[]", "1"}) {
    const auto wanted = TensorFromNested(ParseJson(text, "text").Value(), DType::kFloat64);
    const auto got = TensorFromNested(ParseJsonPacked(text, "text", 3).Value(), DType::kFloat64);
    ASSERT_EQ(got.ok(), wanted.ok()) << text;
    if (wanted) {
      EXPECT_EQ(*got, *wanted) << text;
    } else {
      EXPECT_EQ(got.error().message(), wanted.error().message()) << text;
    }
  }
}

TEST(TensorJson, TextsSayWhatTreesSay) {
  for (const DType dtype : DTypes()) {
    if (dtype == DType::kFloat16 || dtype == DType::kBFloat16) continue;
    for (const auto& [numbers, shape] :
         {std::pair<const char*, std::vector<int64_t>>{"[1, 0, 1, 1, 0, 0]", {1, 3, 2}},
          {"[1, 0]", {2}},
          {"[1]", {}},
          {"[]", {2, 0}},
          {"[]", {0, 3}}}) {
      const Tensor tensor = TensorFromJson(Json::parse(numbers), dtype, shape).Value();
      std::string flat;
      std::string nested;
      AppendFlat(flat, tensor);
      AppendNested(nested, tensor);
      EXPECT_EQ(Json::parse(flat), FlatJson(tensor)) << flat;
      EXPECT_EQ(Json::parse(nested), NestedJson(tensor)) << nested;
    }
  }
}

TEST(TensorJson, FloatsAreWrittenInAsFewDigitsAsGiveThemBack) {
  Tensor tensor = Tensor::Zeros(DType::kFloat32, {6});
  const auto values = tensor.As<float>();
  values[0] = 0.1F;
  values[1] = -2.0F;
  values[2] = 1e20F;
  values[3] = std::numeric_limits<float>::denorm_min();
  values[4] = std::numeric_limits<float>::infinity();
  std::string text;
  AppendFlat(text, tensor);
  EXPECT_EQ(text, "[0.1,-2.0,1e+20,1e-45,null,0.0]");
}

}  // namespace
}  // namespace keelrow::predictions
