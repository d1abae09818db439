#include "rollout/latency.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace keelrow::rollout {
namespace {

constexpr double kFirstNs = 16'000;  // upper end of the first class
constexpr double kClassesPerDoubling = 8;

}  // namespace

size_t Latencies::ClassOf(Nanoseconds duration) {
  const double ns = static_cast<double>(duration.count());
  if (ns <= kFirstNs) return 0;
  const double index = std::ceil(std::log2(ns / kFirstNs) * kClassesPerDoubling);
  return std::min(static_cast<size_t>(index), kClasses - 1);
}

Nanoseconds Latencies::UpperEnd(size_t index) {
  const double doublings = static_cast<double>(index) / kClassesPerDoubling;
  return Nanoseconds(std::llround(kFirstNs * std::exp2(doublings)));
}

void Latencies::Add(const Latencies& other) {
  for (size_t i = 0; i < kClasses; ++i) counts_[i] += other.counts_[i];
}

uint64_t Latencies::Total() const {
  return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
}

uint64_t Latencies::Above(Nanoseconds bound) const {
  const auto first = static_cast<std::ptrdiff_t>(ClassOf(bound)) + 1;
  return std::accumulate(counts_.begin() + first, counts_.end(), uint64_t{0});
}

Nanoseconds Latencies::Quantile(double quantile) const {
  const uint64_t total = Total();
  if (total == 0) return Nanoseconds(0);
  const auto rank = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(total)));
  uint64_t below = 0;
  for (size_t i = 0; i < kClasses; ++i) {
    below += counts_[i];
    if (below >= rank && below > 0) return UpperEnd(i);
  }
  return UpperEnd(kClasses - 1);
}

Json Latencies::ToJson() const {
  Json json = Json::object();
  for (size_t i = 0; i < kClasses; ++i) {
    if (counts_[i] != 0) json[std::to_string(i)] = counts_[i];
  }
  return json;
}

Latencies Latencies::FromJson(const Json& json) {
  Latencies latencies;
  for (const auto& [key, value] : json.items()) {
    size_t index = kClasses;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool whole = failure == std::errc() && end == key.data() + key.size();
    if (!whole || index >= kClasses || !value.is_number_unsigned()) {
      throw Error(Code::kCorrupt, "the store holds latencies that cannot be read");
    }
    latencies.counts_[index] = value.get<uint64_t>();
  }
  return latencies;
}

}  // namespace keelrow::rollout
