#include "project/serve_sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace keelrow::project {
namespace {

constexpr int kAxisMax = 15;
constexpr size_t kBucketsMax = 64;
constexpr int kLengthMax = 1'000'000;

void CheckSequence(const SequenceConfig& config) {
  if (config.axis < 1 || config.axis > kAxisMax) {
    throw Error(
        Code::kBadValue,
        fmt::format("sequences cannot lie on axis {}: it is 1 to {}", config.axis, kAxisMax),
        {.hint = "axes are counted from 0, which is the batch's"});
  }
  if (config.buckets.empty() || config.buckets.size() > kBucketsMax) {
    throw Error(
        Code::kBadValue,
        fmt::format("`buckets` has {} lengths: it is 1 to {}", config.buckets.size(), kBucketsMax),
        {.hint = "buckets: [16, 32, 64, 128]"});
  }
  for (const int length : config.buckets) {
    if (length >= 1 && length <= kLengthMax) continue;
    throw Error(Code::kBadValue,
                fmt::format("a bucket of length {}: it is 1 to {}", length, kLengthMax));
  }
  const auto wrong = std::ranges::adjacent_find(config.buckets, std::greater_equal{});
  if (wrong == config.buckets.end()) return;
  throw Error(Code::kBadValue,
              fmt::format("the lengths of `buckets` must grow, and {} comes before {}", *wrong,
                          *(wrong + 1)));
}

}  // namespace

void Describe(config::Object<SequenceConfig>& object) {
  object.Doc(
      "Sequences padded to a few lengths, so that requests of different lengths run together, and "
      "the engine sees few shapes. The network must not look at what is behind a sequence's end, "
      "by itself or by a mask among its inputs.");
  object.Field("axis", &SequenceConfig::axis,
               "The axis that sequences lie on, counted from 0, which is the batch's. Inputs whose "
               "extent is free there are padded.");
  object.Field("buckets", &SequenceConfig::buckets,
               "The lengths, growing. A sequence is padded to the next one; one that is longer "
               "than the last runs as it is.");
  object.Field(
      "pad", &SequenceConfig::pad,
      "What they are padded with, by an input's name: `{input_ids: 0, attention_mask: 0}`. "
      "Others with 0.");
  object.Check(CheckSequence);
}

}  // namespace keelrow::project
