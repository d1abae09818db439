#include "predictions/numbers.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keelrow::predictions {
namespace {

std::optional<data::Image> Pixels(const Json& input, Faults& faults) {
  std::optional<transforms::Payload> payload =
      ParsePixels(input, kBody.Member("input_data"), faults);
  if (!payload) return std::nullopt;
  return std::get<data::Image>(*payload);
}

data::Image Accepted(const char* text) {
  Faults faults;
  const auto image = Pixels(Json::parse(text), faults);
  EXPECT_TRUE(image) << faults.ToResponse().body;
  return image.value_or(data::Image{});
}

/// "type loc" of the first fault.
std::string Refusal(const Json& input) {
  Faults faults;
  EXPECT_FALSE(Pixels(input, faults)) << input;
  const Json row = Json::parse(faults.ToResponse().body)["detail"].at(0);
  return row["type"].get<std::string>() + " " + row["loc"].dump();
}
std::string Refusal(const char* text) {
  return Refusal(Json::parse(text));
}

TEST(Pixels, GrayAndRgb) {
  EXPECT_EQ(Accepted("[[0, 1, 2], [3, 4, 255]]"),
            (data::Image{.width = 3, .height = 2, .channels = 1, .pixels = {0, 1, 2, 3, 4, 255}}));
  EXPECT_EQ(Accepted("[[[1, 2, 3], [4, 5, 6]]]"),
            (data::Image{.width = 2, .height = 1, .channels = 3, .pixels = {1, 2, 3, 4, 5, 6}}));
}

TEST(Pixels, NumbersMayBeSpelledInOtherWays) {
  EXPECT_EQ(Accepted(R"([[true, "7", 8.0, "9.0", 1e2]])").pixels,
            (std::vector<uint8_t>{1, 7, 8, 9, 100}));
}

TEST(Pixels, WhatIsNoPictureIsNamedWithItsPlace) {
  const std::string body = R"(["body","input_data")";
  EXPECT_EQ(Refusal("7"), "list_type " + body + "]");
  EXPECT_EQ(Refusal("{}"), "list_type " + body + "]");
  EXPECT_EQ(Refusal("[]"), "too_short " + body + "]");
  EXPECT_EQ(Refusal("[[]]"), "too_short " + body + ",0]");
  EXPECT_EQ(Refusal("[1, 2, 3, 4]"), "list_type " + body + ",0]");
  EXPECT_EQ(Refusal("[[1, 2], [3]]"), "too_short " + body + ",1]");
  EXPECT_EQ(Refusal("[[1, 2], [3, 4, 5]]"), "too_long " + body + ",1]");
  EXPECT_EQ(Refusal("[[1, 2], 3]"), "list_type " + body + ",1]");
  EXPECT_EQ(Refusal("[[[1, 2]]]"), "too_short " + body + ",0,0]");
  EXPECT_EQ(Refusal("[[[1, 2, 3], 4]]"), "list_type " + body + ",0,1]");
  EXPECT_EQ(Refusal("[[[1, 2, 3], [4, 5, [6]]]]"), "float_type " + body + ",0,1,2]");
}

TEST(PixelsAttack, AWideRowAboveManyShortOnesTakesNoMemory) {
  // A million by a million pixels at the first row's word; as JSON these are 5 MB.
  const size_t edge = size_t{1} << 20;
  Json input = Json::array({Json::array_t(edge, Json(0))});
  input.get_ref<Json::array_t&>().resize(edge, Json::array());
  EXPECT_EQ(Refusal(input), R"(too_short ["body","input_data",1])");
}

TEST(Pixels, WhatIsNoPixelIsNamedWithItsPlace) {
  const std::string place = R"( ["body","input_data",0,1])";
  EXPECT_EQ(Refusal(R"([[1, "x"]])"), "float_parsing" + place);
  EXPECT_EQ(Refusal(R"([[1, ""]])"), "float_parsing" + place);
  EXPECT_EQ(Refusal("[[1, null]]"), "float_type" + place);
  EXPECT_EQ(Refusal("[[1, [2]]]"), "float_type" + place);
  EXPECT_EQ(Refusal("[[1, 256]]"), "less_than_equal" + place);
  EXPECT_EQ(Refusal("[[1, -1]]"), "greater_than_equal" + place);
  EXPECT_EQ(Refusal("[[1, 0.5]]"), "int_from_float" + place);
  EXPECT_EQ(Refusal("[[1, 18446744073709551615]]"), "less_than_equal" + place);
  Json infinite = Json::parse("[[1, 2]]");
  infinite[0][1] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Refusal(infinite), "finite_number" + place);
}

TEST(Pixels, TextThatIsNotFiniteIsRefused) {
  for (const char* text : {"nan", "NaN", "inf", "-Infinity", "1e999"}) {
    Json input = Json::parse("[[0]]");
    input[0][0] = text;
    const std::string refusal = Refusal(input);
    EXPECT_TRUE(refusal.starts_with("float_parsing") || refusal.starts_with("finite_number"))
        << text << ": " << refusal;
  }
}

TEST(Pixels, OnePictureFullOfFaultsIsCheap) {
  const Json input(std::vector<Json>(1000, std::vector<Json>(1000, "x")));
  Faults faults;
  EXPECT_FALSE(Pixels(input, faults));
  EXPECT_TRUE(faults.full());
}

TEST(NumberForms, OnlyPicturesHaveOne) {
  const NumberForm* form = FindNumberForm(transforms::Kind::kImage);
  ASSERT_NE(form, nullptr);
  EXPECT_EQ(form->name, "image");
  EXPECT_EQ(FindNumberForm(transforms::Kind::kTensor), nullptr);
}

}  // namespace
}  // namespace keelrow::predictions
