#include "transforms/chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "data/image_encode.h"

namespace keelrow::transforms {
namespace {

using data::Image;

Chain Parse(const std::string& yaml) {
  return Chain(config::Read<std::vector<TransformEntry>>(config::ParseYaml(yaml, "test")));
}

AugmentationChain Augment(const std::string& yaml) {
  return AugmentationChain(
      config::Read<std::vector<AugmentationEntry>>(config::ParseYaml(yaml, "test")));
}

Image Gradient(int width, int height, int channels) {
  Image image = Image::Blank(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 13);
  return image;
}

Error Failure(const std::string& yaml) {
  try {
    Parse(yaml).OutputShape();
  } catch (const Error& error) {
    return error;
  }
  return Error(Code::kInternal, "there was no error");
}

TEST(Chain, RunsFromFileToTensor) {
  const Chain chain = Parse("[{decode: gray}, {resize: 28}, {normalize: unit}]");
  Image image = Gradient(28, 28, 1);
  const Tensor tensor = chain.Apply(data::EncodePng(image));
  EXPECT_EQ(tensor.shape, (std::vector<int64_t>{1, 28, 28}));
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    EXPECT_EQ(tensor.As<float>()[i], static_cast<float>(image.pixels[i]) / 255.0F);
  }
  EXPECT_EQ(chain.OutputShape(), tensor.shape);
}

TEST(Chain, NormalizeByChannelAsTorchvision) {
  const Chain chain = Parse("[{resize: {size: [2, 3]}}, {normalize: imagenet}]");
  Image image = Gradient(3, 2, 3);
  const Tensor tensor = chain.Apply(image);
  EXPECT_EQ(tensor.shape, (std::vector<int64_t>{3, 2, 3}));
  const float green = (static_cast<float>(image.Row(1)[2 * 3 + 1]) / 255.0F - 0.456F) / 0.224F;
  EXPECT_EQ(tensor.As<float>()[6 + 3 + 2], green);
}

TEST(Chain, CropKeepsTheMiddle) {
  const Chain chain = Parse("[{decode: gray}, {crop: {size: [2, 3]}}, {normalize: unit}]");
  Image image = Gradient(6, 5, 1);  // excess 3 and 3: half is 1.5, the even number is 2
  const Tensor tensor = chain.Apply(image);
  EXPECT_EQ(tensor.As<float>()[0], static_cast<float>(image.Row(2)[2]) / 255.0F);
  try {
    chain.Apply(Gradient(2, 2, 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadExample);
  }
}

TEST(Chain, KeepAspectScalesTheShorterEdge) {
  const Chain chain =
      Parse("[{resize: {size: 20, keep_aspect: true}}, {crop: 20}, {normalize: unit}]");
  EXPECT_EQ(chain.OutputShape(), (std::vector<int64_t>{3, 20, 20}));
  EXPECT_EQ(std::get<Image>(Parse("[{resize: {size: 20, keep_aspect: true}}, {normalize: unit}]")
                                .Head(Gradient(100, 50, 3)))
                .width,
            40);
}

TEST(Chain, TailOfHeadEqualsApply) {
  const Chain chain =
      Parse("[decode, {resize: {size: 17, filter: bicubic}}, {normalize: imagenet}]");
  const std::string file = data::EncodePng(Gradient(40, 31, 3));
  EXPECT_EQ(chain.Tail(chain.Head(file)), chain.Apply(file));
}

TEST(Chain, PixelsGiveTheSameAsTheirFile) {
  for (const char* mode : {"gray", "rgb"}) {
    for (const int channels : {1, 3}) {
      const Chain chain =
          Parse(std::string("[{decode: ") + mode + "}, {resize: 9}, {normalize: unit}]");
      const Image image = Gradient(20, 30, channels);
      EXPECT_EQ(chain.Apply(image), chain.Apply(data::EncodePng(image))) << mode << channels;
    }
  }
}

TEST(Chain, JsonMakesTheSameChain) {
  const Chain chain = Parse("[{resize: 12}, {normalize: {mean: [0.1], std: [0.3]}}]");
  const Json json = chain.ToJson();
  EXPECT_EQ(json.size(), 3U);
  EXPECT_EQ(json[0], Json::parse(R"({"decode": {"mode": "rgb", "upright": false}})"));
  const Chain again = Chain::FromJson(Json::parse(json.dump()), "bundle.json");
  EXPECT_EQ(again.ToJson(), json);
  const Image image = Gradient(30, 20, 3);
  EXPECT_EQ(again.Apply(image), chain.Apply(image));
}

TEST(Chain, MismatchesAreNamed) {
  EXPECT_EQ(Failure("[{normalize: unit}, {resize: 3}]").code(), Code::kBadValue);
  EXPECT_EQ(Failure("[{normalize: unit}, {resize: 3}]").message(),
            "`resize` takes a picture, but `normalize` before it makes a tensor");
  EXPECT_EQ(Failure("[decode, {resize: 3}]").message(),
            "`prepare` ends with a picture, not with the network's input");
  EXPECT_EQ(Failure("[]").code(), Code::kBadValue);
  EXPECT_EQ(Failure("[decode, {normalize: unit}]").message(),
            "`prepare` gives pictures of different sizes");
  EXPECT_EQ(Failure("[{decode: gray}, {resize: 3}, {normalize: imagenet}]").code(),
            Code::kBadValue);
  EXPECT_EQ(Failure("[{resize: 0}, {normalize: unit}]").code(), Code::kBadValue);
  EXPECT_EQ(Failure("[{resize: [1, 2, 3]}, {normalize: unit}]").code(), Code::kBadValue);
  EXPECT_EQ(Failure("[{resize: {sise: 3}}, {normalize: unit}]").hint(), "did you mean `size`?");
  EXPECT_EQ(Failure("[{rezise: 3}, {normalize: unit}]").hint(), "did you mean `resize`?");
}

TEST(Chain, KnowsWhatFilesAreDecodedTo) {
  EXPECT_EQ(Parse("[{decode: gray}, {resize: 28}, {normalize: unit}]").DecodedKind(), Kind::kImage);
  EXPECT_EQ(Parse("[{resize: 28}, {normalize: unit}]").DecodedKind(), Kind::kImage);
}

TEST(Chain, UnknownRowOfABundleIsUnsupported) {
  try {
    Chain::FromJson(Json::parse(R"([{"decode": {}}, {"deblur": {}}])"), "bundle.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kUnsupported);
  }
}

TEST(Chain, BadFilesKeepTheirCode) {
  const Chain chain = Parse("[{resize: 8}, {normalize: unit}]");
  try {
    chain.Apply(std::string("hello"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadExample);
  }
}

TEST(Augmentation, DependsOnTheStreamAlone) {
  const auto chain = Augment(
      "[{affine: {rotation: 20, width_shift: 0.2, height_shift: 0.2, shear: 5, zoom: 0.1}}, "
      "{flip: {horizontal: true}}]");
  const Image image = Gradient(28, 28, 3);
  Random first(7, "augment", {1, 2});
  Random second(7, "augment", {1, 2});
  Random other(7, "augment", {1, 3});
  const Payload once = chain.Apply(image, first);
  EXPECT_EQ(once, chain.Apply(image, second));
  EXPECT_NE(once, chain.Apply(image, other));
}

TEST(Augmentation, WithoutOptionsNothingChanges) {
  const auto chain = Augment("[affine, flip]");
  const Image image = Gradient(9, 7, 1);
  Random random(7, "augment");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(std::get<Image>(chain.Apply(image, random)), image);
}

TEST(Augmentation, FlipsHalfTheTime) {
  const auto chain = Augment("[{flip: {horizontal: true, vertical: true}}]");
  Image image = Gradient(5, 4, 3);
  std::map<std::vector<uint8_t>, int> seen;
  Random random(7, "augment");
  for (int i = 0; i < 4000; ++i) ++seen[std::get<Image>(chain.Apply(image, random)).pixels];
  EXPECT_EQ(seen.size(), 4U);
  for (const auto& [pixels, count] : seen) EXPECT_NEAR(count, 1000, 120);
}

TEST(Augmentation, ShiftsMoveTheRightAxis) {
  Image image = Image::Blank(21, 21, 1);
  image.Row(10)[10] = 255;
  for (const auto& [yaml, along_x] : {std::pair{"[{affine: {width_shift: 5}}]", true},
                                      std::pair{"[{affine: {height_shift: 5}}]", false}}) {
    const auto chain = Augment(yaml);
    Random random(7, "augment");
    for (int i = 0; i < 20; ++i) {
      const auto out = std::get<Image>(chain.Apply(image, random));
      for (int at = 0; at < 21; ++at) {
        if (at == 10) continue;
        EXPECT_EQ(along_x ? out.Row(at)[10] : out.Row(10)[at], 0);
      }
    }
  }
}

/// How far, in pixels, a bright column of a wide picture moves by `yaml`.
std::set<int> ShiftsOf(const std::string& yaml) {
  Image image = Image::Blank(41, 3, 1);
  for (int y = 0; y < 3; ++y) image.Row(y)[20] = 255;
  const auto chain = Augment(yaml);
  Random random(7, "augment");
  std::set<int> shifts;
  for (int i = 0; i < 60; ++i) {
    const auto out = std::get<Image>(chain.Apply(image, random));
    shifts.insert(static_cast<int>(std::max_element(out.Row(1), out.Row(1) + 41) - out.Row(1)) -
                  20);
  }
  return shifts;
}

TEST(Augmentation, AListOfShiftsIsChosenFromEitherWay) {
  EXPECT_EQ(ShiftsOf("[{affine: {width_shift: [3, 8]}}]"), (std::set<int>{-8, -3, 3, 8}));
  EXPECT_EQ(ShiftsOf("[{affine: {width_shift: [0]}}]"), std::set<int>{0});
}

TEST(Augmentation, LevelsChangeAsAsked) {
  Image image = Image::Blank(3, 1, 1);
  image.pixels = {100, 120, 200};
  Random random(7, "augment");
  const auto half = Augment("[{brightness: [0.5, 0.5]}]").Apply(image, random);
  EXPECT_EQ(std::get<Image>(half).pixels, (std::vector<uint8_t>{50, 60, 100}));
  std::set<int> seen;
  for (int i = 0; i < 200; ++i) {
    const auto out = std::get<Image>(Augment("[{channel_shift: 2}]").Apply(image, random));
    EXPECT_GE(out.pixels[0], 100) << "a value left the picture's range";
    EXPECT_LE(out.pixels[2], 200) << "a value left the picture's range";
    seen.insert(out.pixels[1]);
  }
  EXPECT_EQ(seen, (std::set<int>{118, 119, 120, 121, 122}));
}

/// The differing pixels of a picture and what `yaml` makes of it, over some rounds.
std::vector<size_t> Changed(const std::string& yaml, const Image& image, int rounds) {
  const auto chain = Augment(yaml);
  std::vector<size_t> counts;
  Random random(7, "augment");
  for (int i = 0; i < rounds; ++i) {
    const auto out = std::get<Image>(chain.Apply(image, random));
    EXPECT_EQ(out.width, image.width);
    EXPECT_EQ(out.height, image.height);
    size_t count = 0;
    for (size_t at = 0; at < image.pixels.size(); at += static_cast<size_t>(image.channels)) {
      count +=
          std::equal(&out.pixels[at], &out.pixels[at] + image.channels, &image.pixels[at]) ? 0 : 1;
    }
    counts.push_back(count);
  }
  return counts;
}

TEST(Augmentation, ErasesTheAskedPartOfTheAsked) {
  Image image = Image::Blank(100, 80, 3);
  std::ranges::fill(image.pixels, uint8_t{200});
  int erased = 0;
  for (const size_t count :
       Changed("[{random_erasing: {scale: [0.1, 0.2], ratio: [0.5, 2]}}]", image, 400)) {
    if (count == 0) continue;
    ++erased;
    EXPECT_GE(count, 800U * 9 / 10);  // its edges are whole pixels
    EXPECT_LE(count, 1600U * 11 / 10);
  }
  EXPECT_NEAR(erased, 200, 40);
  const auto noisy = Changed("[{random_erasing: {probability: 1, noise: true}}]", image, 5);
  EXPECT_GT(*std::ranges::min_element(noisy), 0U);
}

TEST(Augmentation, ARandomCropShiftsByWholePixels) {
  Image image = Gradient(12, 9, 3);
  std::ranges::replace(image.pixels, uint8_t{77}, uint8_t{78});
  const auto chain = Augment("[{random_crop: {padding: 2, fill_value: 77}}]");
  Random random(7, "augment");
  std::set<std::pair<int, int>> seen;
  for (int i = 0; i < 400; ++i) {
    const auto out = std::get<Image>(chain.Apply(image, random));
    for (int dy = -2; dy <= 2; ++dy) {
      for (int dx = -2; dx <= 2; ++dx) {
        bool equal = true;
        for (int y = 0; y < 9; ++y) {
          for (int x = 0; x < 12; ++x) {
            const bool inside = x + dx >= 0 && x + dx < 12 && y + dy >= 0 && y + dy < 9;
            const int wanted = inside ? image.Row(y + dy)[(x + dx) * 3] : 77;
            equal = equal && out.Row(y)[x * 3] == wanted;
          }
        }
        if (equal) seen.insert({dx, dy});
      }
    }
  }
  EXPECT_EQ(seen.size(), 25U);
}

TEST(Augmentation, ARandomResizedCropStretchesAPart) {
  Image image = Image::Blank(90, 60, 1);  // values tell the column
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 90; ++x) image.Row(y)[x] = static_cast<uint8_t>(x * 2);
  }
  const auto chain = Augment("[{random_resized_crop: {scale: [0.25, 0.25], ratio: [1.5, 1.5]}}]");
  Random random(7, "augment");
  std::set<int> lefts;
  for (int i = 0; i < 40; ++i) {
    const auto out = std::get<Image>(chain.Apply(image, random));
    // 45 columns out of 90 fill the picture: from one side to the other they are 44 apart.
    EXPECT_NEAR(out.Row(30)[89] - out.Row(30)[0], 2 * 44, 2);
    lefts.insert(out.Row(30)[0]);
  }
  EXPECT_GT(lefts.size(), 10U);
  const auto whole = Augment("[{random_resized_crop: {scale: [1, 1], ratio: [1.5, 1.5]}}]");
  EXPECT_EQ(std::get<Image>(whole.Apply(image, random)), image);
}

TEST(Augmentation, EveryRowTakesEveryPictureAndDependsOnTheStreamAlone) {
  const char* rows[] = {"{affine: {rotation: 90, zoom: 0.5, fill: wrap}}",
                        "{affine: {rotation: 90, zoom: 0.5, fill: reflect, keras_compat: true}}",
                        "{channel_shift: 40}",
                        "{flip: {vertical: true}}",
                        "{brightness: [0, 3]}",
                        "{color_jitter: {brightness: 0.4, contrast: 0.4, saturation: 2, hue: 0.5}}",
                        "{random_crop: 3}",
                        "{random_resized_crop: {ratio: [0.1, 0.2]}}",
                        "{rand_augment: {operations: 14, magnitude: 30}}",
                        "{random_erasing: {probability: 1, scale: [0.9, 1]}}"};
  for (const char* row : rows) {
    const auto chain = Augment("[" + std::string(row) + "]");
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {9, 1}, {2, 2}, {40, 30}}) {
      for (const int channels : {1, 3}) {
        const Image image = Gradient(width, height, channels);
        std::set<std::vector<uint8_t>> seen;
        for (uint64_t epoch = 0; epoch < 20; ++epoch) {
          Random random(7, "augment", {epoch});
          Random again(7, "augment", {epoch});
          const Payload out = chain.Apply(image, random);
          EXPECT_EQ(out, chain.Apply(image, again)) << row;
          seen.insert(std::get<Image>(out).pixels);
        }
        if (width == 40) {
          EXPECT_GT(seen.size(), 1U) << row << channels;
        }
      }
    }
  }
}

TEST(Augmentation, WrongRangesAreRefused) {
  for (const char* yaml :
       {"[{affine: {zoom: [0, 1]}}]", "[{affine: {zoom: [2, 1]}}]", "[{affine: {zoom: 1}}]",
        "[{affine: {width_shift: -1}}]", "[{affine: {height_shift: []}}]",
        "[{random_resized_crop: {scale: [0, 1]}}]", "[{random_erasing: {ratio: 1}}]",
        "[{rand_augment: {magnitude: 31}}]", "[{color_jitter: {hue: 0.6}}]",
        "[{brightness: [1, 0.5]}]", "[{brightness: 2}]", "[{brightness: [-1, 1]}]"}) {
    try {
      Augment(yaml);
      FAIL() << yaml;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kBadValue) << yaml;
    }
  }
}

}  // namespace
}  // namespace keelrow::transforms
