#pragma once

#include "base/random.h"
#include "base/tensor.h"
#include "config/described.h"

namespace keelrow::transforms {

/// Mixtures of a batch's examples with each other, in training only. Off by default.
struct MixOptions {
  double mixup = 0;
  double cutmix = 0;
  double probability = 1;
  double cutmix_share = 0.5;

  bool on() const { return (mixup > 0 || cutmix > 0) && probability > 0; }
};
void Describe(config::Object<MixOptions>& object);

/// A batch whose targets are shares of classes, each row's sum 1.
struct MixedBatch {
  Tensor input;    // [n, channels, height, width] of float32
  Tensor targets;  // [n, classes] of float32
};

/// Mixes each example with the one before it (the first with the last), all by the same drawn
/// share: mixup (Zhang et al. 2018) adds pictures up, cutmix (Yun et al. 2019) lays a rectangle of
/// one over the other, with torchvision's rectangles. The share comes from Beta(a, a), the labels
/// are mixed by the share that the pixels really have. Pure: everything random comes from `random`,
/// which is named after the epoch and the batch. `labels` is [n] of int64, each below `classes`.
MixedBatch Mix(Tensor input, const Tensor& labels, int64_t classes, const MixOptions& options,
               Random& random);

/// One draw of Beta(alpha, alpha): 0 to 1, mean 1/2, variance 1 / (8 alpha + 4). alpha > 0.
double DrawBeta(double alpha, Random& random);

}  // namespace keelrow::transforms
