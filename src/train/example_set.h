#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "data/source.h"
#include "train/loader.h"
#include "transforms/chain.h"

namespace keelrow::train {

/// What all subsets share. Const and thread-safe.
struct Preparation {
  std::unique_ptr<data::Source> source;
  transforms::Chain chain;
  transforms::AugmentationChain augmentation;
  std::vector<std::string> labels;  // sorted: the order of the network's outputs
  uint64_t seed;
};

/// One subset of the data: turns example i into the network's input. What does not change from
/// epoch to epoch (the decoded and resized picture) is remembered up to `cache_bytes_max`, so that
/// small data sets are decoded once. Thread-safe.
class ExampleSet {
 public:
  static constexpr size_t kCacheBytesMax = size_t{1} << 30;

  /// `preparation` must outlive the set; copies of an example follow it. kCorrupt for a label that
  /// is not in its list.
  ExampleSet(const Preparation& preparation, const std::vector<data::Example>& examples,
             size_t cache_bytes_max = kCacheBytesMax);

  size_t size() const { return examples_.size(); }
  /// Index into Preparation::labels.
  int64_t LabelOf(size_t index) const { return labels_[index]; }

  /// As in evaluation and serving. Throws an error that names the example.
  Loader::Row Plain(size_t index) const;
  /// With random changes that depend only on the seed, the example's id, its copy and the epoch.
  Loader::Row Augmented(size_t index, uint64_t epoch) const;

 private:
  size_t FirstCopy(size_t index) const;
  transforms::Payload Head(size_t index) const;
  transforms::Payload Decode(const data::Example& example) const;
  void Remember(size_t index, const transforms::Payload& payload) const;

  const Preparation& preparation_;
  const std::vector<data::Example> examples_;
  std::vector<int64_t> labels_;
  const size_t cache_bytes_max_;
  mutable std::mutex mutex_;  // guards the two below
  mutable std::vector<std::shared_ptr<const transforms::Payload>> cache_;
  mutable size_t cache_bytes_ = 0;
};

}  // namespace keelrow::train
