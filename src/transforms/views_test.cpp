#include "transforms/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::transforms {
namespace {

using data::Image;

Image Numbered(int width, int height) {
  Image image = Image::Blank(width, height, 1);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i);
  return image;
}

std::vector<Image> Looks(const Image& image, const std::vector<std::string>& names) {
  std::vector<Image> looks;
  for (Payload& look : LooksAt(image, ViewsNamed(names))) looks.push_back(std::get<Image>(look));
  return looks;
}

Code CodeOf(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;
}

TEST(Views, BeginWithThePictureItself) {
  EXPECT_EQ(Looks(Numbered(3, 2), {}), std::vector{Numbered(3, 2)});
}

TEST(Views, ExchangeSides) {
  const auto looks = Looks(Numbered(3, 2), {"flip", "flip_vertical"});
  ASSERT_EQ(looks.size(), 3U);
  EXPECT_THAT(looks[1].pixels, testing::ElementsAre(2, 1, 0, 5, 4, 3));
  EXPECT_THAT(looks[2].pixels, testing::ElementsAre(3, 4, 5, 0, 1, 2));
}

TEST(Views, FiveCropsKeepTheSizeAndTheirPlaces) {
  Image image = Image::Blank(16, 16, 3);
  image.Row(0)[0] = 255;                      // top left
  image.Row(15)[image.RowBytes() - 1] = 255;  // bottom right
  const auto looks = Looks(image, {"five_crop"});
  ASSERT_EQ(looks.size(), 6U);
  for (const Image& look : looks) EXPECT_EQ(look.pixels.size(), image.pixels.size());
  const auto sees = [&](size_t look) {
    return std::pair(looks[look].pixels.front() > 0, looks[look].pixels.back() > 0);
  };
  EXPECT_EQ(sees(1), std::pair(true, false));
  EXPECT_EQ(sees(2), std::pair(false, false));
  EXPECT_EQ(sees(3), std::pair(false, false));
  EXPECT_EQ(sees(4), std::pair(false, true));
  EXPECT_EQ(sees(5), std::pair(false, false));
}

TEST(Views, TakeTheSmallestPicture) {
  EXPECT_EQ(Looks(Numbered(1, 1), {"flip", "flip_vertical", "five_crop"}).size(), 8U);
}

TEST(Views, RefuseWhatTheyCannotLookAt) {
  EXPECT_EQ(CodeOf([] { ViewsNamed(std::vector<std::string>{"sideways"}); }), Code::kUnsupported);
  const auto views = ViewsNamed(std::vector<std::string>{"flip"});
  EXPECT_EQ(CodeOf([&] { LooksAt(std::string("a file"), views); }), Code::kBadValue);
}

TEST(Views, LeaveTheNetworksInputAlone) {
  const auto views = ViewsNamed(std::vector<std::string>{"flip"});
  EXPECT_EQ(LooksAt(Tensor::Zeros(DType::kFloat32, {1}), views).size(), 1U);
}

}  // namespace
}  // namespace keelrow::transforms
