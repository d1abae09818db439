#include "data/near_duplicates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

#include "base/data_for_test.h"
#include "base/parallel.h"
#include "base/random.h"
#include "data/image_decode.h"
#include "data/source.h"

namespace keelrow::data {
namespace {

/// Soft shapes, as photos have them: a few waves of low frequency.
Image Photo(uint64_t number, int side) {
  Random random(3, "photo", {number});
  struct Wave {
    double across, down, phase, strength;
  };
  std::vector<Wave> waves;
  for (int i = 0; i < 12; ++i) {
    waves.push_back({random.Uniform(-7, 7), random.Uniform(-7, 7), random.Uniform(0, 6.28),
                     random.Uniform(5, 25)});
  }
  Image image = Image::Blank(side, side, 1);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      double level = 128;
      for (const Wave& wave : waves) {
        level += wave.strength *
                 std::sin(wave.phase +
                          (wave.across * (x + 0.5) + wave.down * (y + 0.5)) / side * 3.1416);
      }
      image.Row(y)[x] = static_cast<uint8_t>(std::clamp(level, 0.0, 255.0));
    }
  }
  return image;
}

std::vector<NearDuplicate> Find(const std::vector<Fingerprint>& fingerprints,
                                const NearDuplicateLimits& limits = {}) {
  std::vector<const Fingerprint*> pictures;
  for (const Fingerprint& fingerprint : fingerprints) pictures.push_back(&fingerprint);
  return FindNearDuplicates(pictures, limits);
}

Fingerprint Of(const Image& image) {
  return MeasurePicture(image).fingerprint;
}

Image WithNoise(Image image) {
  Random random(5, "noise");
  for (uint8_t& level : image.pixels) {
    level = static_cast<uint8_t>(
        std::clamp<int>(level + static_cast<int>(random.Below(13)) - 6, 0, 255));
  }
  return image;
}

Image Brighter(Image image) {
  for (uint8_t& level : image.pixels) level = static_cast<uint8_t>(std::min(255, level + 20));
  return image;
}

TEST(FindNearDuplicates, FindsWhatWasScaledNoisedAndBrightened) {
  std::vector<Fingerprint> fingerprints;
  for (uint64_t i = 0; i < 200; ++i) fingerprints.push_back(Of(Photo(i, 64)));
  EXPECT_TRUE(Find(fingerprints).empty());
  fingerprints.push_back(Of(Photo(7, 32)));
  fingerprints.push_back(Of(Photo(8, 200)));
  fingerprints.push_back(Of(WithNoise(Photo(9, 64))));
  fingerprints.push_back(Of(Brighter(Photo(10, 64))));
  fingerprints.push_back(Of(ConvertTo(ColorMode::kRgb, Photo(11, 64))));
  const auto pairs = Find(fingerprints);
  ASSERT_EQ(pairs.size(), 5U);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(pairs[i].first, 7 + i);
    EXPECT_EQ(pairs[i].second, 200 + i);
    EXPECT_GT(pairs[i].correlation, 0.99);
  }
  EXPECT_EQ(pairs[4].bits, 0);
}

TEST(FindNearDuplicates, EqualsComparingAllWithAll) {
  std::vector<Fingerprint> fingerprints;
  Random random(1, "hashes");
  for (int i = 0; i < 600; ++i) {
    // Near relatives of a few hashes, so that many lie within the radius.
    uint64_t hash = 0x123456789abcdef0 * (1 + random.Below(4));
    for (uint64_t flips = random.Below(12); flips > 0; --flips)
      hash ^= uint64_t{1} << random.Below(64);
    fingerprints.push_back({.hash = hash, .miniature = Of(Photo(0, 16)).miniature});
  }
  for (const int bits : {0, 1, 3, 4, 8, 24}) {
    std::vector<size_t> expected(600);
    for (size_t i = 0; i < 600; ++i) {
      for (size_t j = i + 1; j < 600; ++j) {
        expected[i] += std::popcount(fingerprints[i].hash ^ fingerprints[j].hash) <= bits ? 1 : 0;
      }
      expected[i] = std::min<size_t>(expected[i], 100);
    }
    std::vector<size_t> found(600);
    for (const NearDuplicate& pair : Find(fingerprints, {.bits = bits})) ++found[pair.first];
    EXPECT_EQ(found, expected) << bits;
  }
}

TEST(FindNearDuplicates, OneLevelAndNoPictureAreLikeNothing) {
  const Fingerprint white =
      Of(Image{.width = 9, .height = 9, .channels = 1, .pixels = std::vector<uint8_t>(81, 255)});
  EXPECT_TRUE(Find({white, white, Of(Image::Blank(5, 7, 1))}).empty());
  EXPECT_TRUE(
      FindNearDuplicates(std::vector<const Fingerprint*>{nullptr, &white, nullptr}, {}).empty());
}

TEST(FindNearDuplicates, AFilmOfEqualFramesIsBounded) {
  const std::vector<Fingerprint> film(20'000, Of(Photo(1, 48)));
  EXPECT_EQ(Find(film).size(), 20'000U * 100 - 100 * 101 / 2);
  const std::vector<Fingerprint> night(100'000, Of(Image::Blank(48, 48, 1)));
  EXPECT_TRUE(Find(night).empty());
}

TEST(FindNearDuplicates, AHundredThousandPicturesTakeSeconds) {
  std::vector<Fingerprint> fingerprints(100'000);
  for (size_t i = 0; i < fingerprints.size(); ++i) {
    Random random(2, "many", {i});
    fingerprints[i].hash = random.Next();
    for (uint8_t& level : fingerprints[i].miniature)
      level = static_cast<uint8_t>(random.Below(256));
  }
  fingerprints[99'999] = fingerprints[17];
  fingerprints[99'999].hash ^= 0x8000'0100'0010'0001;
  const auto start = std::chrono::steady_clock::now();
  const auto pairs = Find(fingerprints);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].bits, 4);
  EXPECT_LT(took.count(), 30) << "also on a busy machine and under a sanitizer";
  fmt::print("100,000 pictures compared in {:.2f} s\n", took.count());
}

/// Of CIFAR-10 it finds the photos that are in it twice, and nothing else.
TEST(FindNearDuplicates, OfCifar10) {
  const fs::path path = DataForTest("cifar10.tar");
  if (!fs::exists(path)) GTEST_SKIP() << AbsentData("cifar10.tar");
  const auto source = OpenSource({.path = path});
  std::vector<Fingerprint> fingerprints;
  const std::vector<Example> examples = source->List();
  for (const Example& example : examples) {
    fingerprints.push_back(Of(DecodeImage(source->Read(example).Value()).Value()));
  }
  const auto pairs = Find(fingerprints);
  std::vector<std::string> names;
  for (const NearDuplicate& pair : pairs) {
    names.push_back(fmt::format("{} {}", examples[pair.first].id, examples[pair.second].id));
    fmt::print("{}  {} bits, correlation {:.4f}\n", names.back(), pair.bits, pair.correlation);
  }
  EXPECT_NE(std::ranges::find(names, "bird/2082.jpg bird/2984.jpg"), names.end());
  EXPECT_NE(std::ranges::find(names, "airplane/0713.jpg airplane/2107.jpg"), names.end());
  EXPECT_LT(pairs.size(), 10U);
}

/// A photo saved again and again: darker, brighter, with more contrast and noise each time.
Image Distorted(Image image, size_t number) {
  Random random(6, "distorted", {number});
  const double gain = random.Uniform(0.85, 1.1);
  const double shift = random.Uniform(-10, 10);
  const double noise = random.Uniform(0, 6);
  for (uint8_t& level : image.pixels) {
    const double changed = gain * level + shift + random.Uniform(-noise, noise);
    level = static_cast<uint8_t>(std::clamp(changed, 0.0, 255.0));
  }
  return image;
}

/// What a large collection looks like: families of pictures instead of hashes far from each other.
TEST(FindNearDuplicates, AHundredThousandDistortedPhotosTakeSeconds) {
  const fs::path path = DataForTest("cifar10.tar");
  if (!fs::exists(path)) GTEST_SKIP() << AbsentData("cifar10.tar");
  const auto source = OpenSource({.path = path});
  const std::vector<Example> examples = source->List();
  std::vector<Image> photos(examples.size());
  ParallelFor(photos.size(), [&](size_t i) {
    photos[i] = DecodeImage(source->Read(examples[i]).Value()).Value();
  });
  std::vector<Fingerprint> fingerprints(100'000);
  ParallelFor(fingerprints.size(),
              [&](size_t i) { fingerprints[i] = Of(Distorted(photos[i % photos.size()], i)); });
  const auto start = std::chrono::steady_clock::now();
  const std::vector<NearDuplicate> pairs = Find(fingerprints);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::vector<bool> found(fingerprints.size());
  size_t strangers = 0;
  for (const NearDuplicate& pair : pairs) {
    const bool family = pair.first % photos.size() == pair.second % photos.size();
    if (family) found[pair.first] = found[pair.second] = true;
    strangers += family ? 0 : 1;
  }
  const auto share = static_cast<double>(std::ranges::count(found, true)) / 100'000;
  fmt::print(
      "100,000 distorted photos compared in {:.2f} s: {} pairs, of them {} of other photos; "
      "{:.1f} % found\n",
      took.count(), pairs.size(), strangers, 100 * share);
  EXPECT_LT(took.count(), 60);
  EXPECT_GT(share, 0.95);
  EXPECT_LT(strangers, pairs.size() / 100);
}

}  // namespace
}  // namespace keelrow::data
