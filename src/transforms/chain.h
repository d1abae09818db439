#pragma once

#include <memory>
#include <span>
#include <vector>

#include "transforms/table.h"

namespace keelrow::transforms {

/// Preprocessing from a file's bytes to the network's input, as `prepare` and bundle.json list it.
/// Const and thread-safe.
class Chain {
 public:
  /// When the first step takes a picture, `decode` (RGB) is put before it. Throws kBadValue when a
  /// step does not take what the step before makes ("`resize` takes a picture, but `normalize`
  /// before it makes a tensor"), or when the last makes no tensor.
  explicit Chain(std::span<const TransformEntry> entries);
  /// From bundle.json's `preprocess`. Throws kUnsupported for a row this program does not have.
  static Chain FromJson(const Json& entries, const std::string& name);
  /// Every step with every option; FromJson makes the same chain from it.
  Json ToJson() const;

  /// All steps. A payload that is further along (pixels instead of a file) skips the first ones.
  Tensor Apply(Payload payload) const;

  /// The steps before and after the place where training examples are augmented: behind the last
  /// step that makes a decoded form (here, a picture). Tail(Head(x)) equals Apply(x).
  Payload Head(Payload payload) const;
  Tensor Tail(Payload payload) const;

  /// What the file's bytes are decoded to, which is also what a caller may give instead of them: a
  /// picture.
  Kind DecodedKind() const { return decoded_; }

  /// The shape that every picture comes out in, such as [3, 224, 224]. Throws kBadValue when it
  /// depends on the picture's size ("put `resize` …"), or when the steps do not take the channels.
  std::vector<int64_t> OutputShape() const;

 private:
  struct Link {
    Kind from;
    std::unique_ptr<Transform> transform;
  };
  Payload Run(Payload payload, size_t begin, size_t end) const;

  std::vector<TransformEntry> entries_;
  std::vector<Link> links_;
  size_t head_size_ = 0;
  Kind decoded_ = Kind::kBytes;
};

/// The name of the stream of an example's random changes: Random(seed, StreamOf(id), {epoch}).
std::string StreamOf(const std::string& example_id);

/// The random changes of `augment`, in order.
class AugmentationChain {
 public:
  explicit AugmentationChain(std::span<const AugmentationEntry> entries);
  bool empty() const { return links_.empty(); }
  /// Throws kBadValue when the payload is not of the kind that a change takes.
  Payload Apply(Payload payload, Random& random) const;

 private:
  struct Link {
    Kind kind;
    std::unique_ptr<Augmentation> augmentation;
  };
  std::vector<Link> links_;
};

}  // namespace keelrow::transforms
