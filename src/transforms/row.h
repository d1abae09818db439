#pragma once

#include <memory>

#include "transforms/table.h"

/// For the files that implement a row of the tables.
namespace keelrow::transforms {

template <class T, class Options>
std::unique_ptr<Transform> MakeTransform(const Json& options) {
  return std::make_unique<T>(config::ReadJson<Options>(options, "options"));
}

template <class T, class Options>
std::unique_ptr<Augmentation> MakeAugmentation(const Json& options) {
  return std::make_unique<T>(config::ReadJson<Options>(options, "options"));
}

/// A size given as one number (both edges) or as [height, width].
struct Edges {
  int height;
  int width;
};
/// Throws kBadValue unless there are one or two numbers, each 1 to 8192.
Edges EdgesOf(const std::vector<int>& size);

}  // namespace keelrow::transforms
