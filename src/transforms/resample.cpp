#include "transforms/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "transforms/resample_kernels.h"

namespace keelrow::transforms {
namespace {

using data::Image;

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

double Box(double x) {
  return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

double Bilinear(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double Hamming(double x) {
  x = std::abs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  return std::sin(x) / x * (0.54F + 0.46F * std::cos(x));
}

double Bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0.0;
}

double Sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double Lanczos(double x) {
  return x >= -3.0 && x < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0;
}

struct FilterRow {
  double (*weight)(double);
  double support;
};

FilterRow RowOf(Filter filter) {
  switch (filter) {
    case Filter::kBox:
      return {Box, 0.5};
    case Filter::kHamming:
      return {Hamming, 1.0};
    case Filter::kBicubic:
      return {Bicubic, 2.0};
    case Filter::kLanczos:
      return {Lanczos, 3.0};
    default:
      return {Bilinear, 1.0};
  }
}

int32_t FixedPoint(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

std::vector<Taps> TapsFor(int size_in, int size_out, Filter filter) {
  const FilterRow row = RowOf(filter);
  const double scale = static_cast<double>(size_in) / size_out;
  const double filter_scale = std::max(scale, 1.0);
  const double support = row.support * filter_scale;
  const double shrink = 1.0 / filter_scale;
  std::vector<Taps> taps(static_cast<size_t>(size_out));
  std::vector<double> weights;
  for (int i = 0; i < size_out; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), size_in);
    weights.clear();
    double sum = 0;
    for (int x = first; x < end; ++x) {
      weights.push_back(row.weight((x - center + 0.5) * shrink));
      sum += weights.back();
    }
    Taps& out = taps[static_cast<size_t>(i)];
    out.first = first;
    for (const double weight : weights) {
      out.weights.push_back(FixedPoint(sum != 0.0 ? weight / sum : weight));
    }
  }
  return taps;
}

uint8_t Clip(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

template <int kChannels>
void ResampleRow(const uint8_t* in, const std::vector<Taps>& taps, uint8_t* out) {
  for (const Taps& tap : taps) {
    const uint8_t* pixel = in + static_cast<std::ptrdiff_t>(tap.first) * kChannels;
    int32_t sums[kChannels];
    std::fill_n(sums, kChannels, kHalf);
    for (const int32_t weight : tap.weights) {
      for (int c = 0; c < kChannels; ++c) sums[c] += pixel[c] * weight;
      pixel += kChannels;
    }
    for (int c = 0; c < kChannels; ++c) *out++ = Clip(sums[c]);
  }
}

Image ResampleRows(const Image& image, const std::vector<Taps>& taps) {
  Image out = Image::Blank(static_cast<int>(taps.size()), image.height, image.channels);
  const auto resample = image.channels == 1 ? ResampleRow<1> : ResampleRow<3>;
  for (int y = 0; y < image.height; ++y) resample(image.Row(y), taps, out.Row(y));
  return out;
}

Image ResampleColumns(const Image& image, const std::vector<Taps>& taps) {
  Image out = Image::Blank(image.width, static_cast<int>(taps.size()), image.channels);
  const size_t row_bytes = image.RowBytes();
  std::vector<int32_t> sums(row_bytes);
  for (int y = 0; y < out.height; ++y) {
    const Taps& tap = taps[static_cast<size_t>(y)];
    std::ranges::fill(sums, kHalf);
    for (size_t k = 0; k < tap.weights.size(); ++k) {
      const uint8_t* in = image.Row(tap.first + static_cast<int>(k));
      const int32_t weight = tap.weights[k];
      for (size_t i = 0; i < row_bytes; ++i) sums[i] += in[i] * weight;
    }
    uint8_t* row = out.Row(y);
    for (size_t i = 0; i < row_bytes; ++i) row[i] = Clip(sums[i]);
  }
  return out;
}

/// Positions as ImagingScaleAffine finds them, by adding up steps.
std::vector<int> NearestPositions(int size_in, int size_out) {
  const double step = static_cast<double>(size_in) / size_out;
  std::vector<int> positions;
  double at = step * 0.5;
  for (int i = 0; i < size_out; ++i, at += step) {
    positions.push_back(std::min(static_cast<int>(at), size_in - 1));
  }
  return positions;
}

Image Nearest(const Image& image, int width, int height) {
  const std::vector<int> columns = NearestPositions(image.width, width);
  const std::vector<int> rows = NearestPositions(image.height, height);
  Image out = Image::Blank(width, height, image.channels);
  for (int y = 0; y < height; ++y) {
    const uint8_t* in = image.Row(rows[static_cast<size_t>(y)]);
    uint8_t* to = out.Row(y);
    for (const int column : columns) {
      to = std::copy_n(in + static_cast<std::ptrdiff_t>(column) * image.channels, image.channels,
                       to);
    }
  }
  return out;
}

/// Pillow 13's rule; the order matters, for the first pass is rounded to 8 bits. Before 13 rows
/// always came first.
bool ColumnsFirst(const Image& image, int width, int height) {
  const int64_t lost_rows = int64_t{image.height} - height;
  return lost_rows > 0 && lost_rows > 2 * (int64_t{image.width} - width);
}

const ResampleKernels& Kernels() {
  const ResampleKernels* fast = Avx2Kernels();
  return fast == nullptr ? kPlainKernels : *fast;
}

Image Rows(const Image& image, int width, Filter filter) {
  return Kernels().rows(image, TapsFor(image.width, width, filter));
}

Image Columns(const Image& image, int height, Filter filter) {
  return Kernels().columns(image, TapsFor(image.height, height, filter));
}

}  // namespace

const ResampleKernels kPlainKernels{.rows = ResampleRows, .columns = ResampleColumns};

Image Resample(const Image& image, const ResampleOptions& options) {
  const auto [width, height, filter] = options;
  if (width == image.width && height == image.height) return image;
  if (filter == Filter::kNearest) return Nearest(image, width, height);
  if (width == image.width) return Columns(image, height, filter);
  if (height == image.height) return Rows(image, width, filter);
  if (ColumnsFirst(image, width, height)) {
    return Rows(Columns(image, height, filter), width, filter);
  }
  return Columns(Rows(image, width, filter), height, filter);
}

}  // namespace keelrow::transforms
