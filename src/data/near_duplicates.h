#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/picture_facts.h"

namespace keelrow::data {

/// Two pictures that look the same although their bytes differ.
struct NearDuplicate {
  size_t first = 0;  // indices of the pictures, first < second
  size_t second = 0;
  int bits = 0;            // by which their hashes differ
  double correlation = 0;  // of their miniatures

  bool operator==(const NearDuplicate&) const = default;
};

/// Both must hold. The hash finds, the miniature confirms: drawings have few frequencies, so that
/// of 10,000 digits of MNIST 14,144 pairs differ by at most 4 bits; at a correlation of 0.99 some
/// 20 are left, and of 12,000 pictures of CIFAR-10 five, which all show the same photo. Photos of
/// both it and ImageNet were found again when saved as JPEG of quality 75, halved, doubled or made
/// gray: all; quality 40: 98 %; brighter by a sixth: 84 to 94 %; cut by 2 % on each side: 1 to 8 %,
/// and 53 to 89 % with 8 bits and 0.95.
struct NearDuplicateLimits {
  int bits = 4;
  double correlation = 0.99;
};

/// Sorted by first, second. A null fingerprint is no picture; pictures of one level are never
/// alike. Of more than 100 later pictures like one the first 100 are given, so that a film of
/// equal frames does not give the square of its length. On all cores; 100,000 pictures in well
/// below a second: of bits + 1 pieces of two hashes within `bits`, one is equal (multi-index
/// hashing, Norouzi, Punjani and Fleet 2012), so that only pictures with an equal piece are
/// compared.
std::vector<NearDuplicate> FindNearDuplicates(std::span<const Fingerprint* const> pictures,
                                              const NearDuplicateLimits& limits);

}  // namespace keelrow::data
