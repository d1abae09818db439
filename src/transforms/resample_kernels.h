#pragma once

#include <cstdint>
#include <vector>

#include "data/image.h"

/// For resample.cpp and its test.
namespace keelrow::transforms {

constexpr int kPrecisionBits = 32 - 8 - 2;  // PRECISION_BITS in Pillow's Resample.c

/// Which inputs make one output, and their weights times 2^22.
struct Taps {
  int first = 0;
  std::vector<int32_t> weights;
};

/// The two passes over a picture: each row to a new width, or each column to a new height, with one
/// Taps for each new pixel of it.
struct ResampleKernels {
  data::Image (*rows)(const data::Image& image, const std::vector<Taps>& taps);
  data::Image (*columns)(const data::Image& image, const std::vector<Taps>& taps);
};

extern const ResampleKernels kPlainKernels;

/// The same sums with AVX2; null where the processor or the compiler has none.
const ResampleKernels* Avx2Kernels();

}  // namespace keelrow::transforms
