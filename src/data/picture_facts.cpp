#include "data/picture_facts.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace keelrow::data {
namespace {

constexpr size_t kHashSide = 32;  // of the picture that is transformed
constexpr size_t kFrequencies = 8;

using Grid = std::array<float, kHashSide * kHashSide>;

/// How much of each source pixel lies below each of the 32 target pixels, along one axis.
struct Share {
  size_t from;
  size_t to;
  float weight;
};

std::vector<Share> SharesOf(int length) {
  std::vector<Share> shares;
  const double scale = static_cast<double>(length) / kHashSide;
  for (size_t to = 0; to < kHashSide; ++to) {
    const double begin = static_cast<double>(to) * scale;
    const double end = begin + scale;
    for (auto from = static_cast<size_t>(begin); from < static_cast<size_t>(length); ++from) {
      const auto left = static_cast<double>(from);
      const double covered = std::min(end, left + 1) - std::max(begin, left);
      if (covered <= 0) break;
      shares.push_back({from, to, static_cast<float>(covered / scale)});
    }
  }
  return shares;
}

/// Shrunk (or, below 32 pixels, enlarged) by area.
Grid Shrink(const Image& gray) {
  const std::vector<Share> columns = SharesOf(gray.width);
  Grid grid{};
  for (const Share& row : SharesOf(gray.height)) {
    const uint8_t* pixels = gray.Row(static_cast<int>(row.from));
    float* out = grid.data() + row.to * kHashSide;
    for (const Share& column : columns) {
      out[column.to] += row.weight * column.weight * static_cast<float>(pixels[column.from]);
    }
  }
  return grid;
}

/// The basis of the DCT-II, orthonormal but for a factor that all rows share.
const std::array<std::array<float, kHashSide>, kFrequencies>& Cosines() {
  static const auto table = [] {
    std::array<std::array<float, kHashSide>, kFrequencies> cosines{};
    for (size_t u = 0; u < kFrequencies; ++u) {
      const double scale = u == 0 ? std::numbers::sqrt2 / 2 : 1;
      for (size_t x = 0; x < kHashSide; ++x) {
        const double angle = std::numbers::pi * static_cast<double>((2 * x + 1) * u) /
                             static_cast<double>(2 * kHashSide);
        cosines[u][x] = static_cast<float>(scale * std::cos(angle));
      }
    }
    return cosines;
  }();
  return table;
}

uint64_t HashOf(const Grid& grid) {
  const auto& cosines = Cosines();
  std::array<float, kFrequencies * kFrequencies> frequencies{};
  for (size_t y = 0; y < kHashSide; ++y) {
    for (size_t u = 0; u < kFrequencies; ++u) {
      float sum = 0;
      for (size_t x = 0; x < kHashSide; ++x) sum += cosines[u][x] * grid[y * kHashSide + x];
      for (size_t v = 0; v < kFrequencies; ++v)
        frequencies[v * kFrequencies + u] += sum * cosines[v][y];
    }
  }
  std::array<float, kFrequencies * kFrequencies - 1> sorted;  // the mean says nothing of the shape
  std::copy(frequencies.begin() + 1, frequencies.end(), sorted.begin());
  std::ranges::nth_element(sorted, sorted.begin() + sorted.size() / 2);
  const float median = sorted[sorted.size() / 2];
  uint64_t hash = 0;
  for (size_t i = 1; i < frequencies.size(); ++i) {
    hash |= static_cast<uint64_t>(frequencies[i] > median) << i;
  }
  return hash;
}

Fingerprint FingerprintOf(const Image& gray) {
  constexpr size_t kSide = Fingerprint::kSide;
  const Grid grid = Shrink(gray);
  Fingerprint fingerprint{.hash = HashOf(grid)};
  for (size_t y = 0; y < kSide; ++y) {
    for (size_t x = 0; x < kSide; ++x) {
      const float* corner = grid.data() + 2 * y * kHashSide + 2 * x;
      const float sum = corner[0] + corner[1] + corner[kHashSide] + corner[kHashSide + 1];
      fingerprint.miniature[y * kSide + x] = static_cast<uint8_t>(std::lround(sum / 4));
    }
  }
  return fingerprint;
}

using Histogram = std::array<int64_t, 256>;

/// The lowest level that at least this share of the pixels does not exceed.
double LevelAt(const Histogram& histogram, double share, int64_t pixels) {
  int64_t below = 0;
  for (size_t level = 0; level < histogram.size(); ++level) {
    below += histogram[level];
    if (static_cast<double>(below) >= share * static_cast<double>(pixels)) {
      return static_cast<double>(level);
    }
  }
  return 255;
}

void MeasureLevels(const Image& gray, PictureFacts& facts) {
  Histogram histogram{};
  for (const uint8_t level : gray.pixels) ++histogram[level];
  const auto pixels = static_cast<int64_t>(gray.pixels.size());
  double sum = 0;
  double squares = 0;
  for (size_t level = 0; level < histogram.size(); ++level) {
    const auto value = static_cast<double>(level);
    sum += value * static_cast<double>(histogram[level]);
    squares += value * value * static_cast<double>(histogram[level]);
  }
  facts.brightness = sum / static_cast<double>(pixels);
  const double variance =
      squares / static_cast<double>(pixels) - facts.brightness * facts.brightness;
  facts.contrast = std::sqrt(std::max(0.0, variance));
  facts.dark = LevelAt(histogram, 0.05, pixels);
  facts.bright = LevelAt(histogram, 0.99, pixels);
}

double VarianceOfLaplacian(const Image& gray) {
  int64_t sum = 0;
  int64_t squares = 0;
  for (int y = 1; y + 1 < gray.height; ++y) {
    const uint8_t* above = gray.Row(y - 1);
    const uint8_t* here = gray.Row(y);
    const uint8_t* below = gray.Row(y + 1);
    for (int x = 1; x + 1 < gray.width; ++x) {
      const int value = above[x] + below[x] + here[x - 1] + here[x + 1] - 4 * here[x];
      sum += value;
      squares += int64_t{value} * value;
    }
  }
  const double count = std::max(0.0, gray.width - 2.0) * std::max(0.0, gray.height - 2.0);
  if (count == 0) return 0;
  const double mean = static_cast<double>(sum) / count;
  return static_cast<double>(squares) / count - mean * mean;
}

}  // namespace

PictureFacts MeasurePicture(const Image& image) {
  const Image gray = ConvertTo(ColorMode::kGray, image);
  PictureFacts facts{.width = image.width, .height = image.height};
  MeasureLevels(gray, facts);
  facts.sharpness = VarianceOfLaplacian(gray);
  facts.fingerprint = FingerprintOf(gray);
  return facts;
}

}  // namespace keelrow::data
