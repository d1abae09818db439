#include "transforms/photometric.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace keelrow::transforms {
namespace {

using data::Image;

using Table = std::array<uint8_t, 256>;
using Histogram = std::array<int64_t, 256>;

template <class Function>
Table TableOf(const Function& value) {
  Table table{};
  for (int level = 0; level < 256; ++level) {
    table[static_cast<size_t>(level)] = static_cast<uint8_t>(std::clamp<int>(value(level), 0, 255));
  }
  return table;
}

void LookUp(Image& image, const Table& table) {
  for (uint8_t& value : image.pixels) value = table[value];
}

/// Each channel through the table that `table_of` makes of its histogram.
template <class Function>
void LookUpByChannel(Image& image, const Function& table_of) {
  const auto channels = static_cast<size_t>(image.channels);
  for (size_t c = 0; c < channels; ++c) {
    Histogram histogram{};
    for (size_t i = c; i < image.pixels.size(); i += channels) ++histogram[image.pixels[i]];
    const Table table = table_of(histogram);
    for (size_t i = c; i < image.pixels.size(); i += channels) {
      image.pixels[i] = table[image.pixels[i]];
    }
  }
}

/// Pillow's Image.blend: from `from` (0) to `to` (1) and beyond.
uint8_t Blend(int from, int to, float factor) {
  const float value = static_cast<float>(from) + factor * static_cast<float>(to - from);
  return static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

/// Pillow's ImageFilter.SMOOTH; the edge stays as it is.
Image Smoothed(const Image& image) {
  constexpr std::array<float, 9> kKernel = {1, 1, 1, 1, 5, 1, 1, 1, 1};
  constexpr float kScale = 13;
  Image out = image;
  const std::ptrdiff_t channels = image.channels;
  for (int y = 1; y + 1 < image.height; ++y) {
    uint8_t* to = out.Row(y);
    for (std::ptrdiff_t i = channels; i < channels * (image.width - 1); ++i) {
      float sum = 0.5F;
      for (int j = 0; j < 3; ++j) {  // from the lower row up, as Pillow adds
        const uint8_t* row = image.Row(y + 1 - j) + i;
        const float* weights = kKernel.data() + j * 3;
        sum += static_cast<float>(row[-channels]) * (weights[0] / kScale) +
               static_cast<float>(row[0]) * (weights[1] / kScale) +
               static_cast<float>(row[channels]) * (weights[2] / kScale);
      }
      to[i] = static_cast<uint8_t>(std::clamp(sum, 0.0F, 255.0F));
    }
  }
  return out;
}

struct Hsv {
  uint8_t hue;
  uint8_t saturation;
  uint8_t value;
};

/// Pillow's rgb2hsv in Convert.c, with its mixture of float and double.
Hsv ToHsv(const uint8_t* rgb) {
  const int most = std::max({rgb[0], rgb[1], rgb[2]});
  const int least = std::min({rgb[0], rgb[1], rgb[2]});
  if (most == least) return {0, 0, static_cast<uint8_t>(most)};
  const auto range = static_cast<float>(most - least);
  const float saturation = range / static_cast<float>(most);
  const auto far = [&](int c) { return static_cast<float>(most - rgb[c]) / range; };
  float hue = 0;
  if (rgb[0] == most) {
    hue = far(2) - far(1);
  } else if (rgb[1] == most) {
    hue = static_cast<float>(2.0 + far(0) - far(2));
  } else {
    hue = static_cast<float>(4.0 + far(1) - far(0));
  }
  hue = static_cast<float>(std::fmod(hue / 6.0 + 1.0, 1.0));
  return {static_cast<uint8_t>(hue * 255.0), static_cast<uint8_t>(saturation * 255.0),
          static_cast<uint8_t>(most)};
}

void FromHsv(const Hsv& hsv, uint8_t* rgb) {
  if (hsv.saturation == 0) {
    std::fill_n(rgb, 3, hsv.value);
    return;
  }
  const double sixth = static_cast<float>(hsv.hue) * 6.0 / 255.0;
  const int sector = static_cast<int>(sixth);
  const auto fraction = static_cast<float>(sixth - static_cast<float>(sector));
  const auto saturation = static_cast<float>(static_cast<float>(hsv.saturation) / 255.0);
  const auto level = [&](double part) {
    return static_cast<uint8_t>(std::round(static_cast<float>(hsv.value) * part));
  };
  const uint8_t v = hsv.value;
  const uint8_t p = level(1.0 - saturation);
  const uint8_t q = level(1.0 - saturation * fraction);
  const uint8_t t = level(1.0 - saturation * (1.0 - fraction));
  const uint8_t sectors[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
  std::copy_n(sectors[sector % 6], 3, rgb);
}

}  // namespace

void ShiftLevels(Image& image, int levels) {
  if (image.pixels.empty()) return;
  const auto range = std::ranges::minmax(image.pixels);
  LookUp(image,
         TableOf([&](int level) { return std::clamp<int>(level + levels, range.min, range.max); }));
}

void AdjustBrightness(Image& image, float factor) {
  LookUp(image, TableOf([&](int level) { return Blend(0, level, factor); }));
}

void AdjustContrast(Image& image, float factor) {
  if (image.pixels.empty()) return;
  const Image gray = ConvertTo(data::ColorMode::kGray, image);
  const auto sum = std::accumulate(gray.pixels.begin(), gray.pixels.end(), int64_t{0});
  const double mean = static_cast<double>(sum) / static_cast<double>(gray.pixels.size());
  const int middle = static_cast<int>(mean + 0.5);
  LookUp(image, TableOf([&](int level) { return Blend(middle, level, factor); }));
}

void AdjustSaturation(Image& image, float factor) {
  if (image.channels != 3) return;
  const Image gray = ConvertTo(data::ColorMode::kGray, image);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = Blend(gray.pixels[i / 3], image.pixels[i], factor);
  }
}

void AdjustSharpness(Image& image, float factor) {
  const Image smooth = Smoothed(image);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = Blend(smooth.pixels[i], image.pixels[i], factor);
  }
}

void AdjustHue(Image& image, double turn) {
  if (image.channels != 3) return;
  const int shift = static_cast<int>(turn * 255);
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    Hsv hsv = ToHsv(&image.pixels[i]);
    hsv.hue = static_cast<uint8_t>(hsv.hue + shift);
    FromHsv(hsv, &image.pixels[i]);
  }
}

void Posterize(Image& image, int bits) {
  const int mask = ~((1 << (8 - bits)) - 1);
  LookUp(image, TableOf([&](int level) { return level & mask; }));
}

void Solarize(Image& image, double threshold) {
  LookUp(image, TableOf([&](int level) { return level < threshold ? level : 255 - level; }));
}

void AutoContrast(Image& image) {
  LookUpByChannel(image, [](const Histogram& histogram) {
    int low = 0;
    int high = 255;
    while (low < 255 && histogram[static_cast<size_t>(low)] == 0) ++low;
    while (high > 0 && histogram[static_cast<size_t>(high)] == 0) --high;
    if (high <= low) return TableOf([](int level) { return level; });
    const double scale = 255.0 / (high - low);
    const double offset = -low * scale;
    return TableOf([&](int level) { return static_cast<int>(level * scale + offset); });
  });
}

void Equalize(Image& image) {
  LookUpByChannel(image, [](const Histogram& histogram) {
    int64_t sum = 0;
    int64_t last = 0;
    for (const int64_t count : histogram) {
      sum += count;
      if (count != 0) last = count;
    }
    const int64_t step = (sum - last) / 255;
    if (step == 0) return TableOf([](int level) { return level; });
    int64_t below = step / 2;
    return TableOf([&](int level) {
      const int64_t value = below / step;
      below += histogram[static_cast<size_t>(level)];
      return static_cast<int>(std::min<int64_t>(value, 255));
    });
  });
}

}  // namespace keelrow::transforms
