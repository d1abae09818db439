#include "data/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/parallel.h"

namespace keelrow::data {
namespace {

constexpr size_t kLikeOneMax = 100;
constexpr size_t kPerTask =
    256;  // pictures; small enough to share evenly, large enough to be quick

/// A miniature less its mean, over its length: the product of two is their correlation.
struct Direction {
  explicit Direction(const Fingerprint& fingerprint) {
    float mean = 0;
    for (const uint8_t level : fingerprint.miniature) mean += static_cast<float>(level);
    mean /= static_cast<float>(values.size());
    float square = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(fingerprint.miniature[i]) - mean;
      square += values[i] * values[i];
    }
    const float scale = square > 0 ? 1 / std::sqrt(square) : 0;
    for (float& value : values) value *= scale;
  }

  std::array<float, std::tuple_size_v<decltype(Fingerprint::miniature)>> values{};
};

double Correlation(const Direction& a, const Direction& b) {
  float sum = 0;
  for (size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
  return std::min(1.0, static_cast<double>(sum));
}

/// The pictures by one piece of their hashes.
class PieceIndex {
 public:
  PieceIndex(std::span<const Fingerprint* const> pictures, int low_bit, int bits)
      : low_bit_(low_bit), mask_(bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1) {
    for (size_t i = 0; i < pictures.size(); ++i) {
      if (pictures[i] != nullptr) entries_.emplace_back(PieceOf(pictures[i]->hash), i);
    }
    std::ranges::sort(entries_);
  }

  uint64_t PieceOf(uint64_t hash) const { return hash >> low_bit_ & mask_; }

  using Entry = std::pair<uint64_t, size_t>;
  /// Those with the same piece that come after the picture.
  std::span<const Entry> Like(uint64_t hash, size_t picture) const {
    const uint64_t piece = PieceOf(hash);
    const auto begin = std::ranges::upper_bound(entries_, Entry(piece, picture));
    const auto end = std::upper_bound(begin, entries_.end(), Entry(piece, SIZE_MAX));
    return {begin, end};
  }

 private:
  int low_bit_;
  uint64_t mask_;
  std::vector<Entry> entries_;
};

std::vector<PieceIndex> IndexPieces(std::span<const Fingerprint* const> pictures, int bits) {
  const int pieces = std::min(bits + 1, 64);
  std::vector<PieceIndex> index;
  for (int i = 0; i < pieces; ++i) {
    const int from = 64 * i / pieces;
    index.emplace_back(pictures, from, 64 * (i + 1) / pieces - from);
  }
  return index;
}

/// Whether an earlier piece is equal too: then it was there that the two met.
bool MetBefore(const std::vector<PieceIndex>& index, size_t piece, uint64_t a, uint64_t b) {
  return std::any_of(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(piece),
                     [&](const PieceIndex& i) { return i.PieceOf(a) == i.PieceOf(b); });
}

/// Without those of one level: they have no shape, but all the same hash.
std::vector<const Fingerprint*> WithShape(std::span<const Fingerprint* const> pictures) {
  std::vector<const Fingerprint*> shapes(pictures.begin(), pictures.end());
  for (const Fingerprint*& picture : shapes) {
    if (picture == nullptr) continue;
    const auto [darkest, brightest] = std::ranges::minmax(picture->miniature);
    if (darkest == brightest) picture = nullptr;
  }
  return shapes;
}

class Search {
 public:
  Search(std::span<const Fingerprint* const> pictures, const NearDuplicateLimits& limits)
      : pictures_(WithShape(pictures)),
        limits_(limits),
        index_(IndexPieces(pictures_, limits.bits)) {}

  /// The later pictures like this one.
  std::vector<NearDuplicate> After(size_t picture) const {
    std::vector<NearDuplicate> found;
    if (pictures_[picture] == nullptr) return found;
    const uint64_t hash = pictures_[picture]->hash;
    const Direction direction(*pictures_[picture]);
    for (size_t piece = 0; piece < index_.size(); ++piece) {
      for (const auto& [value, other] : index_[piece].Like(hash, picture)) {
        const uint64_t other_hash = pictures_[other]->hash;
        const int bits = std::popcount(hash ^ other_hash);
        if (bits > limits_.bits || MetBefore(index_, piece, hash, other_hash)) continue;
        const double correlation = Correlation(direction, Direction(*pictures_[other]));
        if (correlation < limits_.correlation) continue;
        found.push_back({picture, other, bits, correlation});
        if (found.size() == kLikeOneMax) return found;
      }
    }
    return found;
  }

 private:
  std::vector<const Fingerprint*> pictures_;
  NearDuplicateLimits limits_;
  std::vector<PieceIndex> index_;
};

}  // namespace

std::vector<NearDuplicate> FindNearDuplicates(std::span<const Fingerprint* const> pictures,
                                              const NearDuplicateLimits& limits) {
  const Search search(pictures, limits);
  std::vector<std::vector<NearDuplicate>> found((pictures.size() + kPerTask - 1) / kPerTask);
  ParallelFor(found.size(), [&](size_t task) {
    const size_t end = std::min(pictures.size(), (task + 1) * kPerTask);
    for (size_t i = task * kPerTask; i < end; ++i) {
      const std::vector<NearDuplicate> after = search.After(i);
      found[task].insert(found[task].end(), after.begin(), after.end());
    }
  });
  std::vector<NearDuplicate> pairs;
  for (const auto& some : found) pairs.insert(pairs.end(), some.begin(), some.end());
  std::ranges::sort(pairs, {}, [](const NearDuplicate& p) { return std::pair(p.first, p.second); });
  return pairs;
}

}  // namespace keelrow::data
