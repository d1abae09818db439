#include "models/sequence_buckets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace keelrow::models {
namespace {

using bundle::TensorSpec;
using Bytes = std::vector<std::byte>;

/// A short sequence with large elements must not become memory that its sender did not pay for.
constexpr int64_t kPaddedBytesMax = int64_t{64} << 20;

Error Misfit(const std::string& what, const std::string& hint = {}) {
  return Error(Code::kBadValue, "`sequence` of `serve.models.settings`: " + what, {.hint = hint});
}

bool FreeAt(const TensorSpec& spec, size_t axis) {
  return axis < spec.shape.size() && spec.shape[axis] < 0;
}

std::string Signature(const std::vector<TensorSpec>& inputs) {
  std::vector<std::string> texts;
  for (const TensorSpec& spec : inputs) {
    texts.push_back(fmt::format("{} [{}]", spec.name, fmt::join(spec.shape, ", ")));
  }
  return fmt::format("it takes {}", fmt::join(texts, ", "));
}

template <class T>
std::optional<Bytes> As(double value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_integral_v<T>) {
    const double end = std::ldexp(1.0, Limits::digits);  // the first that does not fit
    if (value != std::floor(value) || value >= end || value < (Limits::is_signed ? -end : 0)) {
      return std::nullopt;
    }
  }
  const auto element = static_cast<T>(value);
  const auto bytes = std::as_bytes(std::span(&element, 1));
  return Bytes(bytes.begin(), bytes.end());
}

/// One element of that value; nothing when the type has no such value.
std::optional<Bytes> ElementOf(DType dtype, double value) {
  switch (dtype) {
    case DType::kBool:
      return value == 0 || value == 1 ? As<uint8_t>(value) : std::nullopt;
    case DType::kUInt8:
      return As<uint8_t>(value);
    case DType::kUInt16:
      return As<uint16_t>(value);
    case DType::kUInt32:
      return As<uint32_t>(value);
    case DType::kUInt64:
      return As<uint64_t>(value);
    case DType::kInt8:
      return As<int8_t>(value);
    case DType::kInt16:
      return As<int16_t>(value);
    case DType::kInt32:
      return As<int32_t>(value);
    case DType::kInt64:
      return As<int64_t>(value);
    case DType::kFloat16:
    case DType::kBFloat16:  // zero has the same bits in all of them
      return value == 0 ? As<uint16_t>(0) : std::nullopt;
    case DType::kFloat32:
      return As<float>(value);
    case DType::kFloat64:
      return As<double>(value);
  }
  return std::nullopt;
}

/// Elements of one step along the axis.
int64_t CountBehind(const Tensor& tensor, size_t axis) {
  int64_t count = 1;
  for (size_t i = axis + 1; i < tensor.shape.size(); ++i) count *= tensor.shape[i];
  return count;
}

/// The tensor with another extent of an axis: cut, or filled up with an element.
Tensor Resized(const Tensor& tensor, size_t axis, int64_t length, std::span<const std::byte> pad) {
  const int64_t before = tensor.shape[axis];
  Tensor resized{.dtype = tensor.dtype, .shape = tensor.shape, .bytes = {}};
  resized.shape[axis] = length;
  const auto step = static_cast<size_t>(CountBehind(tensor, axis)) * SizeOf(tensor.dtype);
  const size_t kept = step * static_cast<size_t>(std::min(before, length));
  const size_t from = step * static_cast<size_t>(before);
  const size_t to = step * static_cast<size_t>(length);
  resized.bytes.reserve(static_cast<size_t>(resized.Count()) * SizeOf(tensor.dtype));
  for (size_t begin = 0; begin < tensor.bytes.size(); begin += from) {
    const auto* row = tensor.bytes.data() + begin;
    resized.bytes.insert(resized.bytes.end(), row, row + kept);
    for (size_t at = kept; at < to; at += pad.size()) {
      resized.bytes.insert(resized.bytes.end(), pad.begin(), pad.end());
    }
  }
  return resized;
}

}  // namespace

SequenceBuckets::SequenceBuckets(SequenceOptions options, const engine::Session& session)
    : axis_(static_cast<size_t>(options.axis)), buckets_(std::move(options.buckets)) {
  const bool grow = std::ranges::adjacent_find(buckets_, std::greater_equal{}) == buckets_.end();
  if (options.axis < 1 || buckets_.empty() || buckets_[0] < 1 || !grow) {
    throw Misfit("an axis behind the batch's, and lengths that grow, are needed");
  }
  bool any = false;
  for (const TensorSpec& spec : session.Inputs()) {
    const auto named = options.pad.extract(spec.name);
    pads_.emplace_back();
    if (!FreeAt(spec, axis_)) {
      if (named.empty()) continue;
      throw Misfit(fmt::format("`{}` has no free axis {} to pad", spec.name, axis_),
                   Signature(session.Inputs()));
    }
    const double value = named.empty() ? 0 : named.mapped();
    pads_.back() = ElementOf(spec.dtype, value);
    any = true;
    if (!pads_.back()) {
      throw Misfit(fmt::format("`{}` is of {}, and cannot be padded with {}", spec.name,
                               Name(spec.dtype), value));
    }
  }
  if (!options.pad.empty()) {
    throw Misfit(fmt::format("the network has no input `{}`", options.pad.begin()->first),
                 Signature(session.Inputs()));
  }
  if (!any) {
    throw Misfit(fmt::format("no input of the network has a free axis {}", axis_),
                 Signature(session.Inputs()));
  }
  Try(session);
}

/// An output follows the inputs if its extent is free and theirs in every run.
void SequenceBuckets::Try(const engine::Session& session) {
  for (const TensorSpec& spec : session.Outputs()) follows_.push_back(FreeAt(spec, axis_));
  for (const int64_t length : buckets_) {
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < pads_.size(); ++i) {
      std::vector<int64_t> shape = session.Inputs()[i].shape;
      if (pads_[i]) shape[axis_] = length;
      std::ranges::replace(shape, -1, 1);
      inputs.push_back(Tensor::Zeros(session.Inputs()[i].dtype, std::move(shape)));
    }
    try {
      const std::vector<Tensor> outputs = session.Run(inputs);
      for (size_t i = 0; i < follows_.size(); ++i) {
        follows_[i] = follows_[i] && outputs.at(i).shape.at(axis_) == length;
      }
    } catch (const Error& failure) {
      throw Misfit(fmt::format("the network does not take sequences of {}", length),
                   failure.what());
    }
  }
}

std::optional<int64_t> SequenceBuckets::LengthOf(std::span<const Tensor> inputs) const {
  std::optional<int64_t> length;
  for (size_t i = 0; i < pads_.size(); ++i) {
    if (!pads_[i]) continue;
    const int64_t own = inputs[i].shape[axis_];
    if (length && *length != own) return std::nullopt;
    length = own;
  }
  return length;
}

std::optional<SequenceBuckets::Padded> SequenceBuckets::Pad(std::span<const Tensor> inputs) const {
  const std::optional<int64_t> length = LengthOf(inputs);
  if (!length || *length == 0) return std::nullopt;
  const auto bucket = std::ranges::lower_bound(buckets_, *length);
  if (bucket == buckets_.end() || *bucket == *length) return std::nullopt;
  int64_t bytes = 0;
  for (size_t i = 0; i < pads_.size(); ++i) {
    if (pads_[i]) bytes += static_cast<int64_t>(inputs[i].bytes.size()) / *length * *bucket;
  }
  if (bytes > kPaddedBytesMax) return std::nullopt;
  Padded padded{.inputs = {}, .lengths = {.own = *length, .bucket = *bucket}};
  for (size_t i = 0; i < pads_.size(); ++i) {
    padded.inputs.push_back(pads_[i] ? Resized(inputs[i], axis_, *bucket, *pads_[i]) : inputs[i]);
  }
  return padded;
}

void SequenceBuckets::CutBack(Lengths lengths, std::vector<Tensor>& outputs) const {
  if (lengths.own == 0) return;
  for (size_t i = 0; i < follows_.size(); ++i) {
    if (!follows_[i] || outputs[i].shape[axis_] != lengths.bucket) continue;
    outputs[i] = Resized(outputs[i], axis_, lengths.own, {});
  }
}

}  // namespace keelrow::models
