#pragma once

#include "base/random.h"
#include "transforms/payload.h"

namespace keelrow::transforms {

/// A step of preprocessing: the same in training, evaluation and serving. Const and thread-safe;
/// throws kBadExample, kCorrupt or kLimit when this one payload cannot be used.
class Transform {
 public:
  virtual ~Transform() = default;
  /// The payload is of the row's kind `from`; what comes back is of its kind `to`.
  virtual Payload Apply(Payload payload) const = 0;
  /// A payload that came without this step in the form that this step makes (pixels instead of a
  /// file): brought to what the step would have given, such as its number of channels.
  virtual Payload Adopt(Payload payload) const { return payload; }
};

/// A random change of a training example. All randomness comes from `random`, which is named after
/// the epoch and the example, so the result does not depend on threads or order. Every draw is
/// made whatever the options are, so that setting one leaves the others' draws as they were.
class Augmentation {
 public:
  virtual ~Augmentation() = default;
  virtual Payload Apply(Payload payload, Random& random) const = 0;
};

}  // namespace keelrow::transforms
