#include "transforms/resample_kernels.h"

#ifdef __x86_64__

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#define KEELROW_AVX2 __attribute__((target("avx2")))

namespace keelrow::transforms {
namespace {

using data::Image;

constexpr int kHalf = 1 << (kPrecisionBits - 1);

/// A weight is upper * 2^11 + lower: two factors of 16 bits, of which one instruction multiplies
/// sixteen and adds them in pairs. The sums are those of whole weights, bit for bit.
constexpr int kLowerBits = 11;

/// The weights of one output pixel in groups of four; the last group ends with zeros.
struct SplitTaps {
  int first = 0;
  std::vector<int16_t> upper;
  std::vector<int16_t> lower;
};

std::vector<SplitTaps> Split(const std::vector<Taps>& taps) {
  std::vector<SplitTaps> all;
  for (const Taps& tap : taps) {
    SplitTaps split{.first = tap.first};
    for (const int32_t weight : tap.weights) {
      split.upper.push_back(static_cast<int16_t>(weight >> kLowerBits));
      split.lower.push_back(static_cast<int16_t>(weight & ((1 << kLowerBits) - 1)));
    }
    const size_t groups = (tap.weights.size() + 3) / 4;
    split.upper.resize(4 * groups);
    split.lower.resize(4 * groups);
    all.push_back(std::move(split));
  }
  return all;
}

/// Four weights as w0 w1 w0 w1 …, w2 w3 w2 w3 ….
KEELROW_AVX2 __m256i PairsOf(const int16_t* weights) {
  int64_t four = 0;
  std::memcpy(&four, weights, sizeof four);
  return _mm256_permutevar8x32_epi32(_mm256_set1_epi64x(four),
                                     _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
}

KEELROW_AVX2 __m128i Halves(__m256i sums) {
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

/// One RGB pixel. Reads 16 bytes at every fourth of its inputs.
KEELROW_AVX2 void Pixel(const uint8_t* in, const SplitTaps& taps, uint8_t* out) {
  // Of four pixels R G B R G B R G B R G B: red, green and blue of the first two side by side as
  // 16 bits each, then those of the last two.
  const __m256i order =
      _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7,
                       -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m256i upper = _mm256_setzero_si256();
  __m256i lower = _mm256_setzero_si256();
  const uint8_t* pixel = in + std::ptrdiff_t{taps.first} * 3;
  for (size_t i = 0; i < taps.upper.size(); i += 4, pixel += 12) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixel));
    const __m256i pairs = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), order);
    upper = _mm256_add_epi32(upper, _mm256_madd_epi16(pairs, PairsOf(&taps.upper[i])));
    lower = _mm256_add_epi32(lower, _mm256_madd_epi16(pairs, PairsOf(&taps.lower[i])));
  }
  const __m128i sum = _mm_add_epi32(_mm_slli_epi32(Halves(upper), kLowerBits), Halves(lower));
  const __m128i level = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), kPrecisionBits);
  const __m128i words = _mm_packs_epi32(level, level);
  const int32_t rgb = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  const auto first = static_cast<uint16_t>(rgb);
  std::memcpy(out, &first, 2);
  out[2] = static_cast<uint8_t>(rgb >> 16);
}

KEELROW_AVX2 Image Rows(const Image& image, const std::vector<Taps>& taps) {
  if (image.channels != 3) return kPlainKernels.rows(image, taps);
  const std::vector<SplitTaps> split = Split(taps);
  Image out = Image::Blank(static_cast<int>(taps.size()), image.height, 3);
  std::vector<uint8_t> row(image.RowBytes() + 32);  // with room for what Pixel reads too much
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.Row(y), image.RowBytes(), row.begin());
    uint8_t* to = out.Row(y);
    for (const SplitTaps& tap : split) {
      Pixel(row.data(), tap, to);
      to += 3;
    }
  }
  return out;
}

/// Sixteen neighbours of one new row.
KEELROW_AVX2 void Column(const Image& image, const Taps& taps, size_t at, uint8_t* out) {
  __m256i left = _mm256_set1_epi32(kHalf);
  __m256i right = left;
  const uint8_t* in = image.Row(taps.first) + at;
  for (const int32_t weight : taps.weights) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
    const __m256i factor = _mm256_set1_epi32(weight);
    left = _mm256_add_epi32(left, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), factor));
    right = _mm256_add_epi32(
        right, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)), factor));
    in += image.RowBytes();
  }
  const __m256i words = _mm256_packs_epi32(_mm256_srai_epi32(left, kPrecisionBits),
                                           _mm256_srai_epi32(right, kPrecisionBits));
  const __m256i ordered = _mm256_permute4x64_epi64(words, 0b11011000);
  const __m128i levels =
      _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), levels);
}

KEELROW_AVX2 Image Columns(const Image& image, const std::vector<Taps>& taps) {
  constexpr size_t kStep = 16;
  const size_t row_bytes = image.RowBytes();
  if (row_bytes < kStep) return kPlainKernels.columns(image, taps);
  Image out = Image::Blank(image.width, static_cast<int>(taps.size()), image.channels);
  for (int y = 0; y < out.height; ++y) {
    const Taps& tap = taps[static_cast<size_t>(y)];
    for (size_t at = 0; at + kStep <= row_bytes; at += kStep) Column(image, tap, at, out.Row(y));
    Column(image, tap, row_bytes - kStep, out.Row(y));  // the rest, and some again
  }
  return out;
}

constexpr ResampleKernels kAvx2Kernels{.rows = Rows, .columns = Columns};

}  // namespace

const ResampleKernels* Avx2Kernels() {
  static const bool has_it = __builtin_cpu_supports("avx2") != 0;
  return has_it ? &kAvx2Kernels : nullptr;
}

}  // namespace keelrow::transforms

#else

namespace keelrow::transforms {

const ResampleKernels* Avx2Kernels() {
  return nullptr;
}

}  // namespace keelrow::transforms

#endif
