#include "predictions/validation.h"

#include <gtest/gtest.h>

namespace keelrow::predictions {
namespace {

TEST(Validation, AFaultHasFastApisShape) {
  Faults faults;
  const Loc rows = kBody.Member("input_data");
  const Loc row = rows.Item(2);
  faults.Add(fault::kFloatParsing, row.Item(7), "x");
  const http::Response response = faults.ToResponse();
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(Json::parse(response.body), Json::parse(R"({"detail": [{
      "type": "float_parsing",
      "loc": ["body", "input_data", 2, 7],
      "msg": "Input should be a valid number, unable to parse string as a number",
      "input": "x"}]})"));
}

TEST(Validation, LargeInputsAreNotEchoed) {
  Faults faults;
  faults.Add(fault::kString, kBody, Json(std::vector<int>(100, 7)));
  faults.Add(fault::kList, kBody, std::string(100'000, 'x'));
  faults.Add(fault::kList, kBody, Json::parse(R"({"a": [1, 2]})"));
  const Json detail = Json::parse(faults.ToResponse().body)["detail"];
  EXPECT_EQ(detail[0]["input"], "a list of 100");
  EXPECT_LT(detail[1]["input"].get<std::string>().size(), 300u);
  EXPECT_EQ(detail[2]["input"], Json::parse(R"({"a": [1, 2]})"));
}

TEST(Validation, ThereAreNeverManyFaults) {
  Faults faults;
  while (!faults.full()) faults.Add(fault::kFloat, kBody, nullptr);
  const size_t full = faults.ToResponse().body.size();
  faults.Add(fault::kFloat, kBody, nullptr);
  EXPECT_EQ(faults.ToResponse().body.size(), full);
  EXPECT_LT(full, 10'000u);
}

TEST(Validation, AnUnreadableBodyIsFastApis400) {
  EXPECT_EQ(UnreadableBody().status, 400);
  EXPECT_EQ(UnreadableBody().body, R"({"detail":"There was an error parsing the body"})");
}

}  // namespace
}  // namespace keelrow::predictions
