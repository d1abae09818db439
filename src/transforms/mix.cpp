#include "transforms/mix.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace keelrow::transforms {
namespace {

double DrawNormal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.Uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.Uniform());
}

/// The logarithm of a draw of Gamma(shape, 1), for shapes near 0 give numbers too small for a
/// double (Marsaglia and Tsang 2000).
double DrawLogGamma(double shape, Random& random) {
  const double boost = shape < 1 ? std::log(1 - random.Uniform()) / shape : 0;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = DrawNormal(random);
    const double v = std::pow(1 + c * x, 3);
    const double u = 1 - random.Uniform();
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return boost + std::log(d * v);
    }
  }
}

struct Side {
  int64_t begin;
  int64_t end;
};

/// As torchvision's CutMix: about an even centre, cut off at the picture's edge.
Side DrawSide(int64_t size, double share, Random& random) {
  const auto center = static_cast<int64_t>(random.Below(static_cast<uint64_t>(size)));
  const auto half = static_cast<int64_t>(0.5 * std::sqrt(1 - share) * static_cast<double>(size));
  return {std::max<int64_t>(center - half, 0), std::min(center + half, size)};
}

/// Calls `change` with the values of each of `count` examples and of the one before it, which are
/// still as they were; before the first stands the last.
template <class Change>
void WithTheOneBefore(std::span<float> values, size_t count, const Change& change) {
  const size_t size = values.size() / count;
  const std::vector<float> last(values.end() - static_cast<std::ptrdiff_t>(size), values.end());
  for (size_t i = count; i-- > 0;) {
    change(&values[i * size], i > 0 ? &values[(i - 1) * size] : last.data());
  }
}

/// Each example keeps `share` of its values and gets the rest from the one before.
void AddUp(std::span<float> values, size_t count, float share) {
  const size_t size = values.size() / count;
  WithTheOneBefore(values, count, [&](float* own, const float* before) {
    for (size_t k = 0; k < size; ++k) own[k] = own[k] * share + before[k] * (1 - share);
  });
}

/// The rectangle of each example is that of the one before it.
void LayOver(Tensor& input, Side rows, Side columns) {
  const int64_t height = input.shape[2];
  const int64_t width = input.shape[3];
  const auto count = static_cast<size_t>(input.shape[0]);
  WithTheOneBefore(input.As<float>(), count, [&](float* own, const float* before) {
    for (int64_t channel = 0; channel < input.shape[1]; ++channel) {
      for (int64_t y = rows.begin; y < rows.end; ++y) {
        const int64_t row = (channel * height + y) * width;
        std::copy(before + row + columns.begin, before + row + columns.end,
                  own + row + columns.begin);
      }
    }
  });
}

Tensor OneHot(const Tensor& labels, int64_t classes) {
  const auto indices = labels.As<int64_t>();
  Tensor targets = Tensor::Zeros(DType::kFloat32, {labels.shape[0], classes});
  for (size_t i = 0; i < indices.size(); ++i) {
    targets.As<float>()[i * static_cast<size_t>(classes) + static_cast<size_t>(indices[i])] = 1;
  }
  return targets;
}

/// The own share that the pixels of a cutmix really have.
double CutMix(Tensor& input, double share, Random& random) {
  const Side columns = DrawSide(input.shape[3], share, random);
  const Side rows = DrawSide(input.shape[2], share, random);
  LayOver(input, rows, columns);
  const auto covered = static_cast<double>((rows.end - rows.begin) * (columns.end - columns.begin));
  return 1 - covered / static_cast<double>(input.shape[2] * input.shape[3]);
}

}  // namespace

void Describe(config::Object<MixOptions>& object) {
  object.Doc(
      "Mixup and cutmix: each picture of a training batch is mixed with another, after `augment`, "
      "and so are their labels. `keelrow data augment --preview` shows single pictures, so it does "
      "not show this.");
  object
      .Field("mixup", &MixOptions::mixup,
             "Adds pictures of a batch up, with shares out of Beta(this, this); 0 does not.")
      .Range(0, 100);
  object
      .Field("cutmix", &MixOptions::cutmix,
             "Lays a part of one picture over another, with areas out of Beta(this, this); 0 does "
             "not.")
      .Range(0, 100);
  object.Field("probability", &MixOptions::probability, "How many batches are mixed at all.")
      .Range(0, 1);
  object
      .Field("cutmix_share", &MixOptions::cutmix_share,
             "Where both are on: how many of the mixed batches are cut.")
      .Range(0, 1);
}

double DrawBeta(double alpha, Random& random) {
  const double a = DrawLogGamma(alpha, random);
  const double b = DrawLogGamma(alpha, random);
  return 1 / (1 + std::exp(b - a));
}

MixedBatch Mix(Tensor input, const Tensor& labels, int64_t classes, const MixOptions& options,
               Random& random) {
  const auto count = static_cast<size_t>(labels.shape[0]);
  MixedBatch batch{.input = std::move(input), .targets = OneHot(labels, classes)};
  const bool mixed = random.Coin(options.probability);
  const bool both = options.mixup > 0 && options.cutmix > 0;
  const bool coin = random.Coin(options.cutmix_share);
  const bool cut = both ? coin : options.cutmix > 0;
  if (!options.on() || !mixed || count < 2) return batch;
  double share = DrawBeta(cut ? options.cutmix : options.mixup, random);
  if (cut) {
    share = CutMix(batch.input, share, random);
  } else {
    AddUp(batch.input.As<float>(), count, static_cast<float>(share));
  }
  AddUp(batch.targets.As<float>(), count, static_cast<float>(share));
  return batch;
}

}  // namespace keelrow::transforms
