#include "predictions/tensor_json.h"

#include <gtest/gtest.h>

#include "base/error.h"

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

}  // namespace
}  // namespace keelrow::predictions
