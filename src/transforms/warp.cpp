#include "transforms/warp.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace keelrow::transforms {
namespace {

using data::Image;

/// Coordinates have 24 fractional bits: walking a row of 65,535 pixels adds up to at most 1/512 of
/// a pixel of error, and the upper 14 of them weigh the neighbours.
constexpr int kFraction = 24;
constexpr int kWeightBits = 14;
constexpr int32_t kOne = 1 << kWeightBits;
/// Between the two interpolations a level keeps 7 bits, so that it fits into 16 with its sign.
constexpr int kLevelBits = 7;
constexpr int kShift = kWeightBits + kLevelBits;
/// Farther away no border differs from one within reach; it keeps the arithmetic far from overflow:
/// 1e6 * 2^24 * 65,535 < 2^63.
constexpr double kFarthest = 1e6;

int64_t Fixed(double value) {
  return std::llround(std::clamp(value, -kFarthest, kFarthest) * (1 << kFraction));
}

/// Adding half the weights' last bit to a row's start rounds the fractions instead of cutting them.
constexpr int64_t kRound = int64_t{1} << (kFraction - kWeightBits - 1);

int32_t WeightOf(int64_t at) {
  return static_cast<int32_t>(at >> (kFraction - kWeightBits)) & (kOne - 1);
}

/// The place inside 0 … size-1 that stands for `at`, or -1 for the constant.
template <Border kBorder>
int64_t Inside(int64_t at, int64_t size) {
  if (at >= 0 && at < size) return at;
  if constexpr (kBorder == Border::kConstant) return -1;
  if constexpr (kBorder == Border::kNearest) return at < 0 ? 0 : size - 1;
  if constexpr (kBorder == Border::kWrap) return (at % size + size) % size;
  const int64_t period = 2 * size;
  const int64_t phase = (at % period + period) % period;
  return phase < size ? phase : period - 1 - phase;
}

/// The neighbours' shares: of the right one and of the lower one, in 1/2^14.
struct Weights {
  int32_t x;
  int32_t y;
};

uint8_t Blend(const uint8_t (&corners)[4], Weights weights) {
  const int32_t top = (corners[0] * (kOne - weights.x) + corners[1] * weights.x) >> kLevelBits;
  const int32_t bottom = (corners[2] * (kOne - weights.x) + corners[3] * weights.x) >> kLevelBits;
  return static_cast<uint8_t>(
      (top * (kOne - weights.y) + bottom * weights.y + (1 << (kShift - 1))) >> kShift);
}

/// Blends the pixels at `top`, beside it, and in the row below. Reads 8 bytes of each row.
template <int kChannels>
void BlendNear(const uint8_t* top, const uint8_t* bottom, Weights weights, uint8_t* out) {
  for (int c = 0; c < kChannels; ++c) {
    out[c] = Blend({top[c], top[c + kChannels], bottom[c], bottom[c + kChannels]}, weights);
  }
}

#ifdef __SSE2__
/// Left and right value of each channel side by side, as 16 bits each.
__m128i Pairs(const uint8_t* pixel) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixel));
  return _mm_unpacklo_epi8(_mm_unpacklo_epi8(bytes, _mm_srli_epi64(bytes, 24)),
                           _mm_setzero_si128());
}

__m128i Shares(int32_t weight) {
  return _mm_set1_epi32(weight << 16 | (kOne - weight));
}

/// The same sums, all channels at once.
template <>
void BlendNear<3>(const uint8_t* top, const uint8_t* bottom, Weights weights, uint8_t* out) {
  const __m128i x = Shares(weights.x);
  const __m128i above = _mm_srli_epi32(_mm_madd_epi16(Pairs(top), x), kLevelBits);
  const __m128i below = _mm_srli_epi32(_mm_madd_epi16(Pairs(bottom), x), kLevelBits);
  const __m128i column = _mm_or_si128(above, _mm_slli_epi32(below, 16));
  const __m128i sum =
      _mm_add_epi32(_mm_madd_epi16(column, Shares(weights.y)), _mm_set1_epi32(1 << (kShift - 1)));
  const __m128i levels = _mm_srli_epi32(sum, kShift);
  const __m128i words = _mm_packs_epi32(levels, levels);
  const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  const auto first = static_cast<uint16_t>(pixel);  // three bytes at once would go through memory
  std::memcpy(out, &first, 2);
  out[2] = static_cast<uint8_t>(pixel >> 16);
}
#endif

/// Positions along a row: `start`, start + step, ….
struct Walk {
  int64_t start;
  int64_t step;
  int64_t At(int64_t x) const { return start + x * step; }
};

struct Span {
  int64_t begin;
  int64_t end;
};

/// Which of the first `count` positions are in 0 … limit-1. They are neighbours.
Span Within(Walk walk, int64_t limit, int64_t count) {
  if (walk.step < 0) walk = {.start = limit - 1 - walk.start, .step = -walk.step};
  const auto [start, step] = walk;
  if (start >= limit) return {0, 0};
  if (step == 0) return {0, start >= 0 ? count : 0};
  const int64_t begin = start >= 0 ? 0 : (-start + step - 1) / step;
  const int64_t end = (limit - 1 - start) / step + 1;
  return {std::min(begin, count), std::min(end, count)};
}

template <int kChannels, Border kBorder>
class Warper {
 public:
  Warper(const Image& image, uint8_t constant) : image_(image) {
    std::fill_n(constant_, kChannels, constant);
    const uint8_t* last = image.Row(image.height - 1);
    last_row_.assign(last, last + image.RowBytes());
    last_row_.resize(last_row_.size() + 8);
  }

  void Row(const AffineMap& map, int y, uint8_t* out) const {
    const Walk across{.start = Fixed(map.xy * y + map.x0) + kRound, .step = Fixed(map.xx)};
    const Walk down{.start = Fixed(map.yy * y + map.y0) + kRound, .step = Fixed(map.yx)};
    const Span near = Near(across, down);
    Beyond(across, down, {0, near.begin}, out);
    for (int64_t x = near.begin; x < near.end; ++x) {
      const int64_t x_in = across.At(x);
      const int64_t y_in = down.At(x);
      const uint8_t* pixel =
          image_.Row(static_cast<int>(y_in >> kFraction)) + (x_in >> kFraction) * kChannels;
      BlendNear<kChannels>(pixel, pixel + image_.RowBytes(), {WeightOf(x_in), WeightOf(y_in)},
                           out + x * kChannels);
    }
    Beyond(across, down, {near.end, image_.width}, out);
  }

 private:
  /// Where all four neighbours lie in the picture, and a third pixel in the row: BlendNear reads
  /// 8 bytes.
  Span Near(const Walk& across, const Walk& down) const {
    const Span x =
        Within(across, std::max<int64_t>(image_.width - 2, 0) << kFraction, image_.width);
    const Span y = Within(down, int64_t{image_.height - 1} << kFraction, image_.width);
    const int64_t begin = std::max(x.begin, y.begin);
    return {begin, std::max(begin, std::min(x.end, y.end))};
  }

  void Beyond(const Walk& across, const Walk& down, Span span, uint8_t* out) const {
    if (kBorder == Border::kNearest && kChannels == 3 && image_.width > 1 && image_.height > 1) {
      BeyondNearest(across, down, span, out);
      return;
    }
    for (int64_t x = span.begin; x < span.end; ++x) {
      const int64_t x_in = across.At(x);
      const int64_t y_in = down.At(x);
      const int64_t left = Inside<kBorder>(x_in >> kFraction, image_.width);
      const int64_t right = Inside<kBorder>((x_in >> kFraction) + 1, image_.width);
      const int64_t top = Inside<kBorder>(y_in >> kFraction, image_.height);
      const int64_t bottom = Inside<kBorder>((y_in >> kFraction) + 1, image_.height);
      const uint8_t* corners[] = {At(left, top), At(right, top), At(left, bottom),
                                  At(right, bottom)};
      const Weights weights{WeightOf(x_in), WeightOf(y_in)};
      for (int c = 0; c < kChannels; ++c) {
        out[x * kChannels + c] =
            Blend({corners[0][c], corners[1][c], corners[2][c], corners[3][c]}, weights);
      }
    }
  }

  /// The nearest pixel of the edge is what lies at the nearest place inside: so the place is moved
  /// there, and the rest is as in the middle.
  void BeyondNearest(const Walk& across, const Walk& down, Span span, uint8_t* out) const {
    for (int64_t x = span.begin; x < span.end; ++x) {
      const Place column = PlaceOf(across.At(x), image_.width);
      const Place row = PlaceOf(down.At(x), image_.height);
      const uint8_t* top = image_.Row(static_cast<int>(row.first)) + column.first * kChannels;
      const uint8_t* below = row.first + 2 == image_.height
                                 ? last_row_.data() + column.first * kChannels
                                 : top + image_.RowBytes();
      BlendNear<kChannels>(top, below, {column.weight, row.weight}, out + x * kChannels);
    }
  }

  /// Two neighbours inside 0 … size-1, of which the second has the weight.
  struct Place {
    int64_t first;
    int32_t weight;
  };
  static Place PlaceOf(int64_t at, int64_t size) {
    if (at < 0) return {0, 0};
    if (at >> kFraction >= size - 1) return {size - 2, kOne};
    return {at >> kFraction, WeightOf(at)};
  }

  const uint8_t* At(int64_t column, int64_t row) const {
    if constexpr (kBorder == Border::kConstant) {
      if (column < 0 || row < 0) return constant_;
    }
    return image_.Row(static_cast<int>(row)) + column * kChannels;
  }

  const Image& image_;
  uint8_t constant_[kChannels];
  std::vector<uint8_t> last_row_;  // with room behind it for what BlendNear reads too much
};

template <int kChannels, Border kBorder>
Image WarpAll(const Image& image, const AffineMap& map, uint8_t constant) {
  Image out = Image::Blank(image.width, image.height, kChannels);
  const Warper<kChannels, kBorder> warper(image, constant);
  for (int y = 0; y < image.height; ++y) warper.Row(map, y, out.Row(y));
  return out;
}

template <int kChannels>
Image WarpAll(const Image& image, const AffineMap& map, const WarpOptions& options) {
  switch (options.border) {
    case Border::kConstant:
      return WarpAll<kChannels, Border::kConstant>(image, map, options.constant);
    case Border::kReflect:
      return WarpAll<kChannels, Border::kReflect>(image, map, options.constant);
    case Border::kWrap:
      return WarpAll<kChannels, Border::kWrap>(image, map, options.constant);
    default:
      return WarpAll<kChannels, Border::kNearest>(image, map, options.constant);
  }
}

}  // namespace

AffineMap AffineMap::After(const AffineMap& inner) const {
  return {.xx = xx * inner.xx + xy * inner.yx,
          .xy = xx * inner.xy + xy * inner.yy,
          .x0 = xx * inner.x0 + xy * inner.y0 + x0,
          .yx = yx * inner.xx + yy * inner.yx,
          .yy = yx * inner.xy + yy * inner.yy,
          .y0 = yx * inner.x0 + yy * inner.y0 + y0};
}

bool AffineMap::IsIdentity() const {
  return xx == 1 && xy == 0 && x0 == 0 && yx == 0 && yy == 1 && y0 == 0;
}

Image Warp(const Image& image, const AffineMap& map, const WarpOptions& options) {
  if (map.IsIdentity()) return image;
  return image.channels == 1 ? WarpAll<1>(image, map, options) : WarpAll<3>(image, map, options);
}

}  // namespace keelrow::transforms
